#!/usr/bin/env bash
# Measures Pomegranate: benchmarks/run.sh compare | profile | growth | overload | failover | timeline | micro | transfer [options]   (--help for each)
# Debian with the .NET SDK. Installs with apt what a command needs and is missing; builds Release; starts everything itself,
# on loopback, and stops it.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

# need PROGRAM PACKAGE: a program that is there, or the Debian package it comes from
packages=()
need() { [ -x "$1" ] || command -v "$1" >/dev/null || packages+=("$2"); }
install() {
    [ ${#packages[@]} -gt 0 ] || return 0
    echo "Missing: ${packages[*]}. Installing them with apt."
    local sudo=; [ "$(id -u)" = 0 ] || sudo=sudo
    # The services that come with them are not to run: the benchmark starts its own instances, on ports of their own.
    local policy=/usr/sbin/policy-rc.d ours=
    if [ ! -e $policy ]; then printf '#!/bin/sh\nexit 101\n' | $sudo tee $policy >/dev/null; $sudo chmod +x $policy; ours=yes; fi
    $sudo apt-get update -qq
    DEBIAN_FRONTEND=noninteractive $sudo apt-get install -y -qq --no-install-recommends "${packages[@]}"
    [ -z "$ours" ] || $sudo rm $policy
}

command=${1:-compare}
[ $# -gt 0 ] && shift
case $command in
    compare)
        need wrk wrk; need redis-server redis-server; need javac default-jdk-headless; need /usr/sbin/apache2 apache2
        need /usr/share/tomcat10/bin/catalina.sh tomcat10
        [ -e /usr/lib/apache2/modules/mod_jk.so ] || packages+=(libapache2-mod-jk) ;;
    growth) need wrk wrk; need ss iproute2 ;;
    profile) need wrk wrk; need perf linux-perf ;;
    failover)
        need redis-server redis-server; need javac default-jdk-headless; need /usr/sbin/apache2 apache2
        need /usr/share/tomcat10/bin/catalina.sh tomcat10
        [ -e /usr/lib/apache2/modules/mod_jk.so ] || packages+=(libapache2-mod-jk) ;;
    overload) need wrk wrk ;;
    timeline) ;;
    transfer) need curl curl ;;
    micro) ;;
    *) echo "$command: expected compare, profile, growth, overload, failover, timeline, micro or transfer." >&2; exit 2 ;;
esac
install
case $command in
    micro) exec dotnet run --project benchmarks/Micro -c Release -- "$@" ;;
    transfer) exec benchmarks/transfer.sh "$@" ;;
    *) exec dotnet run --project benchmarks/Bench -c Release -- "$command" "$@" ;;
esac
