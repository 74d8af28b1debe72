/* cmocka with its prerequisites in the order it demands. */
#ifndef VOXGATE_TEST_H
#define VOXGATE_TEST_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#endif
