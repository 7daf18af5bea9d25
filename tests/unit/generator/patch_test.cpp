// SPDX-License-Identifier: Apache-2.0
#include "generator/formats/patch.hpp"

#include "tests/support/catch.hpp"

using snug::render_patch;

TEST_CASE("equal texts need no patch") {
  CHECK(render_patch("a\nb\n", "a\nb\n", "p").empty());
}

TEST_CASE("an added line stands between three lines of context") {
  CHECK(render_patch("1\n2\n3\n4\n5\n6\n7\n8\n", "1\n2\n3\n4\nnew\n5\n6\n7\n8\n", "dir/p") ==
        "--- a/dir/p\n+++ b/dir/p\n@@ -2,6 +2,7 @@\n 2\n 3\n 4\n+new\n 5\n 6\n 7\n");
}

TEST_CASE("changes that are near are one hunk, and others are their own") {
  const std::string before = "1\n2\n3\n4\n5\n6\n7\n8\n9\n10\n11\n12\n13\n14\n15\n16\n17\n18\n19\n20\n";
  const std::string after = "1\nx\n3\n4\n5\n6\n7\ny\n9\n10\n11\n12\n13\n14\n15\n16\n17\nz\n19\n20\n";

  CHECK(render_patch(before, after, "p") ==
        "--- a/p\n+++ b/p\n"
        "@@ -1,11 +1,11 @@\n 1\n-2\n+x\n 3\n 4\n 5\n 6\n 7\n-8\n+y\n 9\n 10\n 11\n"
        "@@ -15,6 +15,6 @@\n 15\n 16\n 17\n-18\n+z\n 19\n 20\n");
}

TEST_CASE("a file that was empty, or becomes so, has no lines before") {
  CHECK(render_patch("", "a\n", "/p") == "--- a/p\n+++ b/p\n@@ -0,0 +1,1 @@\n+a\n");
  CHECK(render_patch("a\n", "", "p") == "--- a/p\n+++ b/p\n@@ -1,1 +0,0 @@\n-a\n");
}

TEST_CASE("a missing newline at the end is told") {
  CHECK(render_patch("a", "a\n", "p") ==
        "--- a/p\n+++ b/p\n@@ -1,1 +1,1 @@\n-a\n\\ No newline at end of file\n+a\n");
}
