"""Installs the build to a prefix, for the tests that need one; with --deb makes the package."""

import subprocess
import sys

from support import BUILD, DEB, PREFIX, fresh_folder

if "--deb" in sys.argv:
    subprocess.run(["cpack", "-G", "DEB", "-B", str(fresh_folder(DEB))], cwd=BUILD, check=True)
else:
    fresh_folder(PREFIX)
    subprocess.run(["cmake", "--install", str(BUILD), "--prefix", str(PREFIX)], check=True, stdout=subprocess.DEVNULL)
