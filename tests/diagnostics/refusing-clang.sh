#!/bin/sh
# A host compiler that takes nothing.
echo "refused by the host compiler" >&2
exit 1
