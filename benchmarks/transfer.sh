#!/usr/bin/env bash
# One long upload and one long download, alternately through a cluster (3 backends, 1 frontend, lighthouse) and through
# YARP in front of one Kestrel, with the same app. Prints the rates, their ratio, the peak memory of every process, and
# whether the members or their reachability changed meanwhile, which fails it. Arguments: megabytes (default 1024), rounds
# (default 3).
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
megabytes=${1:-1024}
rounds=${2:-3}
work=$(mktemp -d)
declare -A pid
cleanup() { for p in "${pid[@]}"; do kill -TERM "$p" 2>/dev/null || true; done; wait 2>/dev/null || true; rm -rf "$work"; }
trap cleanup EXIT

for project in tools/LocalCluster tools/pbm benchmarks/peers/Yarp; do dotnet build "$project" -c Release --nologo -v quiet >/dev/null; done
truncate -s "${megabytes}M" "$work/body"

dotnet tools/LocalCluster/bin/Release/net10.0/LocalCluster.dll --headless --state "$work/state.json" --backends 3 --frontends 1 </dev/null >"$work/cluster.log" 2>&1 &
pid[cluster]=$!
ASPNETCORE_URLS=http://127.0.0.1:9301 Logging__LogLevel__Default=Warning dotnet samples/Portal/bin/Release/net10.0/Portal.dll >"$work/kestrel.log" 2>&1 &
pid[kestrel]=$!
ASPNETCORE_URLS=http://127.0.0.1:9300 Destinations=http://127.0.0.1:9301 Keys="$work/keys" dotnet benchmarks/peers/Yarp/bin/Release/net10.0/PeerYarp.dll >"$work/yarp.log" 2>&1 &
pid[yarp]=$!
for _ in $(seq 300); do [ -s "$work/state.json" ] && break; sleep 0.2; done
frontend=$(sed -n 's/.*"http": "\(http[^"]*\)".*/\1/p' "$work/state.json" | head -1)
for url in "$frontend" http://127.0.0.1:9300; do
    for _ in $(seq 100); do curl -sf -o /dev/null "$url/plain" && break; sleep 0.2; done
done

members() { dotnet tools/pbm/bin/Release/net10.0/pbm.dll cluster show; }
up() { curl -s -H "Expect:" -X POST -T "$work/body" -o /dev/null -w '%{http_code} %{speed_upload}' "$1/upload"; }
down() { curl -s -o /dev/null -w '%{http_code} %{speed_download}' "$1/download?size=$((megabytes * 1048576))"; }
rate() { awk -v s="$1" 'BEGIN { split(s, a, " "); if (a[1] != 200) exit 1; printf "%.0f", a[2] / 1e6 }'; }

before=$(members)
echo "Members:"; echo "$before"
printf '%-10s %6s %14s %14s %7s\n' direction round 'cluster MB/s' 'yarp MB/s' ratio
for round in $(seq "$rounds"); do
    for direction in up down; do
        ours=$(rate "$($direction "${frontend%/}")"); theirs=$(rate "$($direction http://127.0.0.1:9300)")
        printf '%-10s %6s %14s %14s %7s\n' "$direction" "$round" "$ours" "$theirs" "$(awk -v a="$ours" -v b="$theirs" 'BEGIN { printf "%.2f", a / b }')"
    done
done
after=$(members)
events=$(grep -iE 'marking node\(s\) as (un)?reachable|is downing|removing unreachable|leader is removing' "$work/cluster.log" || true)
if [ "$before" = "$after" ] && [ -z "$events" ]; then
    echo "No membership event: the members are the same, and none was unreachable."
else
    printf 'Membership events!\nMembers after:\n%s\nIn the log:\n%s\n' "$after" "$events"
    failed=yes
fi
echo "Peak memory (MB):"
peak() { awk '/VmHWM/ { printf "%.0f", $2 / 1024 }' "/proc/$1/status"; }
while read -r name process; do printf '  %-12s %s\n' "$name" "$(peak "$process")"; done < <(
    awk -F'"' '/"name"/ { n = $4 } /"pid"/ { gsub(/[^0-9]/, "", $3); print n, $3 }' "$work/state.json"; echo "yarp ${pid[yarp]}"; echo "kestrel ${pid[kestrel]}")
[ -z "${failed:-}" ]
