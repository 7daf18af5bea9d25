// SPDX-License-Identifier: Apache-2.0
// Four threads that create threads for ever, one after the other.
#pragma once

#include "tasks.h"

typedef struct {
  Thread mother, daughter;
} Family;

static Family swarm_members[4];

static void end_at_once(void) {}

static void create_for_ever(int number) {
  for (;;) {
    start_thread(&swarm_members[number].daughter, end_at_once);
    join(&swarm_members[number].daughter);
  }
}

static void create0(void) {
  create_for_ever(0);
}
static void create1(void) {
  create_for_ever(1);
}
static void create2(void) {
  create_for_ever(2);
}
static void create3(void) {
  create_for_ever(3);
}

static void start_swarm(void) {
  void (*const bodies[])(void) = {create0, create1, create2, create3};
  for (int i = 0; i < 4; ++i) start_thread(&swarm_members[i].mother, bodies[i]);
}
