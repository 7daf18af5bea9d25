# SPDX-License-Identifier: Apache-2.0
"""Root file systems for containers, copied from what this machine has installed, so that no registry is asked.

They are kept under the build folder, named after a digest of what went into them: made once, remade when a program or
its recipe changes. Files are copied and never linked, since a container that writes must not reach the machine's own.
"""

import dataclasses
import fcntl
import hashlib
import os
import re
import shutil
import subprocess
import tempfile
from pathlib import Path

from harness import BINARY_DIR

# What every root has: names for users 0 and 1000 and for "localhost", so that no lookup needs the network.
COMMON_TEXTS = {
    "etc/passwd": "root:x:0:0::/:/bin/sh\nuser:x:1000:1000::/:/bin/sh\nnobody:x:65534:65534::/:/bin/sh\n",
    "etc/group": "root:x:0:\nuser:x:1000:\nnogroup:x:65534:\n",
    "etc/hosts": "127.0.0.1 localhost\n",
    "etc/nsswitch.conf": "passwd: files\ngroup: files\nhosts: files\n",
}
# Where engines mount, and where workloads write; present beforehand because containers get the root read-only.
MOUNT_POINTS = ("dev", "proc", "run", "sys", "tmp")
# Distributions with merged /usr reach the loader and the shell through these links.
MERGED_FOLDERS = ("bin", "sbin", "lib", "lib64")


@dataclasses.dataclass(frozen=True)
class Recipe:
    """What goes into a root: programs with the libraries they load, packages' files, and texts by path.

    `links` maps the path of a symbolic link to where it points. `files` are further files of this machine, or folders
    of them; of packages, /usr/share is left out.
    """

    name: str
    programs: tuple
    packages: tuple = ()
    texts: dict = dataclasses.field(default_factory=dict)
    links: dict = dataclasses.field(default_factory=dict)
    files: tuple = ()


def build(recipe):
    """The folder of the root that `recipe` describes, made unless it is there."""
    files = collect(recipe)
    shelf = BINARY_DIR / "rootfs"
    shelf.mkdir(parents=True, exist_ok=True)
    root = shelf / f"{recipe.name}-{digest(recipe, files)}"
    with open(shelf / ".lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not root.exists():
            assemble(recipe, files, root)
    return root


def collect(recipe):
    """The host's files that the root holds, sorted."""
    programs = [shutil.which(program) for program in recipe.programs]
    owned = {path for package in recipe.packages for path in files_of(package)}
    owned |= {cached for path in owned for cached in compiled(path)}
    owned |= {path for place in recipe.files for path in files_under(place)}
    binaries = programs + [path for path in owned if ".so" in path]
    return sorted(set(programs) | owned | libraries_of(binaries))


def files_of(package):
    listing = subprocess.run(["dpkg", "-L", package], capture_output=True, text=True, check=True).stdout.split("\n")
    return {path for path in listing if os.path.isfile(path) and not path.startswith("/usr/share/")}


def files_under(place):
    """The file `place` itself, or every file beneath the folder of that name."""
    beneath = (os.path.join(folder, name) for folder, _, names in os.walk(place) for name in names)
    return {place} if os.path.isfile(place) else set(filter(os.path.isfile, beneath))


def compiled(path):
    """The compiled forms of a Python module: packages do not own them, and without them a start takes a second."""
    module = Path(path)
    return map(str, module.parent.glob(f"__pycache__/{module.stem}.*.pyc")) if module.suffix == ".py" else ()


def libraries_of(binaries):
    # ldd fails where one of its arguments is static, and says what is true of the others all the same.
    listing = subprocess.run(["ldd", *binaries], capture_output=True, text=True, check=False).stdout
    return set(re.findall(r"^\t(?:\S+ => )?(/\S+) \(0x", listing, re.MULTILINE))


def digest(recipe, files):
    identity = [repr(recipe), repr(COMMON_TEXTS)]
    for path in files:
        about = os.stat(path)
        identity.append(f"{path} {about.st_size} {about.st_mtime_ns}")
    return hashlib.sha256("\n".join(identity).encode()).hexdigest()[:12]


def assemble(recipe, files, root):
    """Makes the root beside its place and moves it there when it is whole."""
    os.umask(0o022)  # Users other than root read it too.
    draft = Path(tempfile.mkdtemp(prefix=".draft-", dir=root.parent))
    draft.chmod(0o755)
    for name in MOUNT_POINTS:
        (draft / name).mkdir()
    (draft / "tmp").chmod(0o1777)
    link_merged_folders(draft)
    for path in files:
        place(Path(path), draft)
    for path, text in (COMMON_TEXTS | recipe.texts).items():
        write(draft / path, text)
    for path, target in recipe.links.items():
        (draft / path).symlink_to(target)
    draft.rename(root)


def link_merged_folders(draft):
    for name in MERGED_FOLDERS:
        if os.path.islink("/" + name):
            (draft / "usr" / name).mkdir(parents=True, exist_ok=True)
            (draft / name).symlink_to(os.readlink("/" + name))


def place(path, draft):
    # The folder is resolved on the host and the last name kept: a library is looked for under its link's name.
    target = draft / path.parent.resolve().relative_to("/") / path.name
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copy2(path, target)


def write(path, text):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    if text.startswith("#!"):
        path.chmod(0o755)
