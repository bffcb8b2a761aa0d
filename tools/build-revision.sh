#!/usr/bin/env bash
# Builds the node programs of another revision of this repository, once, and prints the directory they are in:
#   tools/build-revision.sh [REVISION] [CONFIGURATION]      default: the build that a cluster may be upgraded from, Release
# Then: dotnet run --project tools/LocalCluster -- --from DIRECTORY
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

revision=${1:-$(cat tests/EndToEnd.Tests/Upgrades/previous-build.txt)}
configuration=${2:-Release}

# A shallow clone, as a CI makes it, has not got it; most servers hand out a single commit.
if ! git cat-file -e "$revision^{commit}" 2>/dev/null && ! git fetch --quiet --depth 1 origin "$revision" 2>/dev/null; then
    echo "This clone has no revision $revision, and its origin does not hand it out. Get the whole history: git fetch --unshallow" >&2
    exit 3
fi

hash=$(git rev-parse "$revision^{commit}")
directory=$PWD/artifacts/builds/$hash
mkdir -p "$directory"
exec 9>"$directory/.lock"
flock 9
if [ ! -e "$directory/.built-$configuration" ]; then
    git archive "$hash" | tar -x -C "$directory"
    for project in lighthouse src/Frontend samples/Portal; do
        # The revision is said, for the SDK would look for it in the repository around and find another. No servers
        # are left behind: they would hold the lock. Not compiled ahead: that takes longer than what it saves.
        dotnet build "$directory/$project" -c "$configuration" -p:SourceRevisionId="$hash" -p:PublishReadyToRun=false -v q --nologo -nodeReuse:false -p:UseSharedCompilation=false 9>&- >&2
    done
    touch "$directory/.built-$configuration"
fi

echo "$directory"
