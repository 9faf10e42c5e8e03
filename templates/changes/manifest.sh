#!/bin/sh
# sh manifest.sh FOLDER | sha256sum   is the digest of a package with these files.
cd "${1:-.}" && find . -type f | cut -c3- | LC_ALL=C sort | while IFS= read -r path; do
  printf '%s  %s  %s\n' "$(sha256sum <"$path" | cut -c-64)" "$(($(wc -c <"$path")))" "$path"
done
