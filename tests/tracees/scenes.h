// SPDX-License-Identifier: Apache-2.0
// A program of several scenes: the argument names the one that it plays.
#pragma once

#include <string.h>

struct Scene {
  const char* name;
  void (*play)(void);
};

// The program's scenes, ended by one without a name.
extern const struct Scene kScenes[];

int main(int argc, char** argv) {
  for (const struct Scene* scene = kScenes; argc == 2 && scene->name != NULL; ++scene) {
    if (strcmp(scene->name, argv[1]) != 0) continue;
    scene->play();
    return 0;
  }
  return 2;
}
