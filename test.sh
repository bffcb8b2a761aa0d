#!/usr/bin/env bash
# Runs every test on a Debian machine that has only the .NET SDK: installs what the tests use (Chromium, Docker),
# builds, runs, and ends with one line of totals taken from the results.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"

install() {
    if command -v apt-get >/dev/null && [ "$(id -u)" = 0 ]; then
        apt-get update -qq
        DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@" >/dev/null
    else
        echo "Please install: $*" >&2
        exit 1
    fi
}

command -v chromium >/dev/null || install chromium
if ! command -v docker-compose >/dev/null; then install docker.io docker-compose iptables; fi
if ! docker info >/dev/null 2>&1; then
    setsid dockerd >"${TMPDIR:-/tmp}/dockerd.log" 2>&1 </dev/null &
    for _ in $(seq 60); do docker info >/dev/null 2>&1 && break; sleep 1; done
    docker info >/dev/null 2>&1 || { echo "The Docker engine does not start; see ${TMPDIR:-/tmp}/dockerd.log." >&2; exit 1; }
fi

dotnet build Akka.sln -c Release --nologo -v minimal

results=$(mktemp -d)
status=0

# Runs these projects one after another. What each says is shown when it has ended, so that two do not speak at once.
run() {
    local status=0
    for project in "$@"; do
        name=$(basename "$project" .csproj)
        dotnet test "$project" -c Release --no-build --nologo \
            --logger "trx;LogFileName=$name.trx" --logger "console;verbosity=detailed" --results-directory "$results" \
            >"$results/$name.log" 2>&1 || status=1
        (flock 9; cat "$results/$name.log") 9>"$results/.shown"
    done
    return $status
}

# The end-to-end tests take half of the time and mostly wait, for nodes that start, fail and find each other: the rest runs beside them.
run tests/EndToEnd.Tests/*.csproj &
others=()
for project in tests/*/*.csproj; do
    [ "$project" = tests/EndToEnd.Tests/EndToEnd.Tests.csproj ] || others+=("$project")
done
run "${others[@]}" || status=1
wait $! || status=1

# The tests that failed, with what they said and where; then the counters of every result file, added up.
awk '
    /<UnitTestResult / { isFailed = /outcome="Failed"/; if (isFailed) { match($0, /testName="[^"]*"/); print "FAILED " text(substr($0, RSTART + 10, RLENGTH - 11)) } }
    isFailed && /<Message>/ { inMessage = 1 }
    isFailed && (inMessage || /:line [0-9]/) { print "    " substr(text($0), 1, 800) }
    /<\/Message>/ { inMessage = 0 }
    function text(xml) { gsub(/<[^>]*>|&#xD;/, "", xml); gsub(/&lt;/, "<", xml); gsub(/&gt;/, ">", xml); gsub(/&quot;/, "\"", xml); gsub(/&amp;/, "\\&", xml); return xml }
' "$results"/*.trx
awk '
    match($0, /<Counters [^>]*>/) {
        line = substr($0, RSTART, RLENGTH)
        total += value(line, "total"); passed += value(line, "passed"); skipped += value(line, "notExecuted")
    }
    function value(text, name) { return match(text, " " name "=\"[0-9]+\"") ? substr(text, RSTART + length(name) + 3, RLENGTH - length(name) - 4) : 0 }
    END { failed = total - passed - skipped; printf "%d passed, %d failed, %d skipped\n", passed, failed, skipped; exit failed > 0 || passed == 0 }
' "$results"/*.trx || status=1
exit $status
