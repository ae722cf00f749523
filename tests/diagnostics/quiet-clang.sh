#!/bin/sh
# A host compiler that takes everything and does nothing: the tests are about the frontend.
