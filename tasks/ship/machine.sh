# Looks after the roles of Micro-CDN in one folder of a machine. "deno task ship" sends this file over ssh and calls its
# functions; a copy stays in the folder as ship.sh, starts roles there and keeps their logs. POSIX sh, and no more.
#
# The folder:
#   bin/             programs, each named after its bytes
#   roles/NAME/      current, previous: scripts that become the role; manager: who keeps it running
#                    log, log.1: what it says; pid, ready.RUN, ended.RUN: how it is. The last five only if nobody else
#                    keeps it running.
#
# What is told to the caller goes to standard output, a line each, with "microcdn" before it: a login shell may say
# something of its own.

LC_ALL=C
export LC_ALL
unset CDPATH
umask 077
: "${XDG_RUNTIME_DIR:=/run/user/$(id -u)}" # systemd --user is found by it, and not every login sets it
export XDG_RUNTIME_DIR

START_S=20        # how long a role may take until it is ready
SETTLE_S=2        # how long one that does not say so must stay up
KILL_S=5          # how long a killed process may take to be gone
LOCK_TRIES=10     # how often to try for the lock where nobody has it for long
LOG_BYTES=1048576 # how long a log may get; one older one is kept

# What a command complains of may have several lines.
tell() { printf 'microcdn %s\n' "$(printf '%s' "$*" | tr '\n\r' '  ')"; }
now() { date +%s; }
# Fractions are not in POSIX.
pause() { sleep 0.1 2>/dev/null || sleep 1; }

# --- processes -------------------------------------------------------------------------------------------------------

# Prints what of a process no other one ever has, whatever its number: the boot, and when it was started. Fails if there
# is none, or one that has ended and was not waited for.
identity() {
  if [ -r "/proc/$1/stat" ]; then
    stat=$(cat "/proc/$1/stat" 2>/dev/null) || return 1
    boot=
    [ ! -r /proc/sys/kernel/random/boot_id ] || read -r boot </proc/sys/kernel/random/boot_id
    set -f
    # The name, in parentheses, may hold anything; 20 words after it comes the start.
    set -- ${stat##*) }
    set +f
    [ $# -ge 20 ] && [ "$1" != Z ] && [ "$1" != X ] || return 1
    shift 19
    printf '%s %s\n' "$boot" "$1"
  else
    kill -0 "$1" 2>/dev/null || return 1
    case $(ps -o stat= -p "$1" 2>/dev/null) in '' | Z*) return 1 ;; esac
    # Some fill it up with blanks, which would not come back from a file.
    ps -o lstart= -p "$1" | sed 's/ *$//'
  fi
}

# Prints how long a process has been there: in seconds, or as ps(1) writes it.
uptime_of() {
  if [ -r /proc/uptime ] && born=$(identity "$1"); then
    read -r up rest </proc/uptime
    echo "$((${up%%.*} - ${born##* } / $(getconf CLK_TCK 2>/dev/null || echo 100)))"
  else
    ps -o etime= -p "$1" 2>/dev/null | tr -d ' '
  fi
}

# Prints the SHA-256 of a file, or a dash.
hash_of() {
  if [ -f "$1" ]; then hash_input <"$1"; else echo -; fi
}

hash_input() {
  if command -v sha256sum >/dev/null 2>&1; then set -- "$(sha256sum)"
  elif command -v shasum >/dev/null 2>&1; then set -- "$(shasum -a 256)"
  elif command -v openssl >/dev/null 2>&1; then set -- "$(openssl dgst -sha256 -r)"
  else set -- -
  fi
  echo "${1%% *}"
}

# --- who keeps roles running -----------------------------------------------------------------------------------------

# Sets manager to systemd, or to detached and why to the reason. With "allow" roles are allowed to outlive the login.
find_manager() {
  manager=detached
  why=
  if ! command -v systemctl >/dev/null 2>&1; then
    why='there is no systemctl'
    return
  fi
  case $(systemctl --user is-system-running 2>/dev/null) in
    running | degraded | starting | initializing) ;;
    *)
      why='there is no systemd --user'
      return
      ;;
  esac
  lingers || { [ "$1" = allow ] && loginctl --no-ask-password enable-linger </dev/null >/dev/null 2>&1 && lingers; }
  if [ $? -eq 0 ]; then manager=systemd; else why='systemd --user ends at logout: loginctl enable-linger'; fi
}

lingers() {
  [ -e "/var/lib/systemd/linger/$(id -un)" ] ||
    [ "$(loginctl show-user "$(id -un)" -p Linger --value 2>/dev/null)" = yes ]
}

manager_of() {
  kept=
  [ ! -f "roles/$1/manager" ] || read -r kept <"roles/$1/manager"
  echo "${kept:-detached}"
}

# Two folders of one user may have roles of the same name.
unit_of() {
  : "${folder_mark:=$(pwd -P | hash_input)}"
  printf 'microcdn-%s-%.8s.service\n' "$1" "$folder_mark"
}

# Prints the process id of a role that runs; nothing if it does not.
pid_of() {
  if [ "$(manager_of "$1")" = systemd ]; then
    main=$(systemctl --user show -p MainPID --value "$(unit_of "$1")" 2>/dev/null)
    [ "${main:-0}" -le 0 ] || echo "$main"
  elif [ -f "roles/$1/pid" ]; then
    { read -r main && read -r born; } <"roles/$1/pid"
    # The number may be another's by now.
    [ -z "$born" ] || [ "$(identity "$main")" != "$born" ] || echo "$main"
  fi
}

# --- a role that nobody else looks after -----------------------------------------------------------------------------

# Starts a role so that it outlives us. Every run has a name of its own: the log of the one before may still be written.
start_detached() {
  starts=$((${starts:-0} + 1))
  run_name=$(now)-$$-$starts
  forget_run "$1"
  if command -v setsid >/dev/null 2>&1; then setsid sh ./ship.sh run "$1" "$run_name" </dev/null >/dev/null 2>&1 &
  else nohup sh ./ship.sh run "$1" "$run_name" </dev/null >/dev/null 2>&1 &
  fi
}

forget_run() { rm -f "roles/$1/pid" "roles/$1"/ready.* "roles/$1"/ended.*; }

# Runs a role to its end, and keeps what it says: NAME RUN.
run() {
  {
    echo "ship: starts $1 at $(date -u +%Y-%m-%dT%H:%M:%SZ)"
    sh ./ship.sh launch "$1" "$2" </dev/null 2>&1
    echo "ship: ended with exit code $?"
  } | keep "$1" "$2" 2>/dev/null
}

# Becomes a role: NAME RUN.
launch() {
  { echo $$ && identity $$ && echo "$2"; } >"roles/$1/pid.new" && mv -f "roles/$1/pid.new" "roles/$1/pid" || exit 74
  exec sh "roles/$1/current"
}

# Writes lines to a role's log, which does not grow beyond its limit: NAME RUN. A full disk costs lines, and ends nothing.
keep() {
  size=$(wc -c <"roles/$1/log" || echo 0)
  while IFS= read -r line || [ -n "$line" ]; do
    printf '%s\n' "$line" >>"roles/$1/log"
    case $line in
      'ship: ended '*) : >"roles/$1/ended.$2" ;;
      *': ready '* | *'"event":"ready"'*) : >"roles/$1/ready.$2" ;;
    esac
    size=$((size + ${#line} + 1))
    if [ "$size" -gt "$LOG_BYTES" ]; then
      mv -f "roles/$1/log" "roles/$1/log.1"
      size=0
    fi
  done
}

# Waits until a role is ready. Fails, with the reason in reason, if it ends or takes too long.
await_detached() {
  end=$(($(now) + START_S))
  since=
  while :; do
    pid=$(pid_of "$1")
    if [ -n "$pid" ] && [ -f "roles/$1/ready.$run_name" ]; then return 0; fi
    if [ -n "$pid" ] && [ "$2" = quiet ]; then
      : "${since:=$(now)}"
      [ $(($(now) - since)) -lt $SETTLE_S ] || return 0
    fi
    if [ -f "roles/$1/ended.$run_name" ]; then
      reason=$(awk '/^ship: starts/{w=""} /^ship: ended/{e=$0} !/^ship: /{w=$0} END{print w == "" ? e : w}' "roles/$1/log")
      return 1
    fi
    if [ "$(now)" -ge "$end" ]; then
      reason="it is not ready after $START_S s"
      return 1
    fi
    pause
  done
}

# Stops a role: asks, waits $2 seconds, kills. Fails if it is still there.
stop_detached() {
  last_run=$(sed -n 3p "roles/$1/pid" 2>/dev/null)
  was=$(pid_of "$1")
  signal_role "$1" TERM "$2" || signal_role "$1" KILL "$KILL_S" || return 1
  # Its last words are to be in the log before the first ones of the next run.
  end=$(($(now) + KILL_S))
  while [ -n "$was" ] && [ ! -f "roles/$1/ended.$last_run" ] && [ "$(now)" -le "$end" ]; do pause; done
  forget_run "$1"
}

# Sends a role a signal, and waits $3 seconds until it is gone.
signal_role() {
  pid=$(pid_of "$1")
  [ -n "$pid" ] || return 0
  kill -s "$2" "$pid" 2>/dev/null
  end=$(($(now) + $3))
  while [ "$(now)" -le "$end" ]; do
    [ -n "$(pid_of "$1")" ] || return 0
    pause
  done
  return 1
}

# --- a role that systemd --user looks after --------------------------------------------------------------------------

unit_path() { echo "${XDG_CONFIG_HOME:-$HOME/.config}/systemd/user/$(unit_of "$1")"; }

start_systemd() {
  unit=$(unit_of "$1")
  systemctl --user daemon-reload && systemctl --user enable --quiet "$unit" || return 1
  # What failed before is not held against it.
  systemctl --user reset-failed "$unit" 2>/dev/null
  systemctl --user start "$unit"
}

# Leaves a role to others: else systemd would start a second one at the next boot.
drop_unit() {
  [ "$(manager_of "$1")" = systemd ] || return 0
  systemctl --user disable --quiet "$(unit_of "$1")" 2>/dev/null
  rm -f "$(unit_path "$1")"
  systemctl --user daemon-reload
}

# Waits until a role has stayed up for a moment. Fails, with the reason in reason, if it ends or takes too long.
await_systemd() {
  end=$(($(now) + START_S))
  since=
  while :; do
    case $(systemctl --user show -p ActiveState -p SubState -p NRestarts "$(unit_of "$1")" 2>/dev/null) in
      *ActiveState=failed* | *ActiveState=inactive* | *SubState=auto-restart* | *NRestarts=[1-9]*)
        reason=$(journalctl "_SYSTEMD_USER_UNIT=$(unit_of "$1")" "_UID=$(id -u)" -n 1 -o cat --no-pager -q 2>/dev/null)
        : "${reason:=systemd cannot keep $(unit_of "$1") running}"
        return 1
        ;;
      *ActiveState=active*)
        : "${since:=$(now)}"
        [ $(($(now) - since)) -lt $SETTLE_S ] || return 0
        ;;
    esac
    if [ "$(now)" -ge "$end" ]; then
      reason="it is not up after $START_S s"
      return 1
    fi
    pause
  done
}

# --- a role, whoever looks after it ----------------------------------------------------------------------------------

# Starts a role: NAME, quiet or loud, MANAGER. Fails with the reason in reason.
start_role() {
  [ "$3" = systemd ] || drop_unit "$1"
  echo "$3" >"roles/$1/manager"
  reason='it cannot be started'
  if [ "$3" = systemd ]; then start_systemd "$1" 2>/dev/null && await_systemd "$1"
  else start_detached "$1" && await_detached "$1" "$2"
  fi
}

# Stops a role: NAME, SECONDS. Fails if it is still there.
stop_role() {
  if [ "$(manager_of "$1")" = systemd ]; then systemctl --user stop "$(unit_of "$1")" 2>/dev/null; fi
  stop_detached "$1" "$2"
}

# Writes a text to a file, which is there as a whole or as it was. Fails with the reason in reason.
write_file() {
  reason=$({ printf '%s' "$2" | cat >"$1.new"; } 2>&1) && mv -f "$1.new" "$1" && return 0
  rm -f "$1.new"
  reason=${reason:-it cannot be written}
  return 1
}

# Puts a role in place and starts it: NAME SECONDS quiet|loud MANAGER, then the program and its hash, the script that
# becomes the role, and the unit. What ran before runs on, or again, unless the new one does.
up() {
  role=roles/$1
  if [ "$(hash_of "bin/$5")" != "$6" ]; then
    tell failed "$1" kept "bin/$5 is not what was sent"
    return
  fi
  if ! { mkdir -p "$role" && write_file "$role/next" "$7" && write_unit "$1" "$4" "$8"; }; then
    rm -f "$role/next"
    [ -f "$role/current" ] || rm -rf "$role"
    tell failed "$1" kept "$reason"
    return
  fi
  replace "$1" "$2" "$3" "$4"
}

write_unit() {
  [ "$2" = systemd ] || return 0
  path=$(unit_path "$1")
  reason=$(mkdir -p "${path%/*}" 2>&1) && write_file "$path" "$3"
}

# Goes over from current to next: NAME SECONDS quiet|loud MANAGER.
replace() {
  role=roles/$1
  ran=$(pid_of "$1")
  # It is there only if going over was broken off, as by a power failure: that is what ran before.
  if cmp -s "$role/back" "$role/current"; then rm -f "$role/back"; fi
  [ ! -f "$role/back" ] || mv -f "$role/back" "$role/previous"
  if [ -f "$role/current" ]; then cp "$role/current" "$role/back" || rm -f "$role/back"; fi
  if [ -f "$role/current" ] && [ ! -f "$role/back" ]; then
    rm -f "$role/next"
    tell failed "$1" kept 'what runs now cannot be kept'
    return
  fi
  if ! stop_role "$1" "$2"; then
    rm -f "$role/next" "$role/back"
    tell failed "$1" kept "process $ran does not end"
    return
  fi
  mv -f "$role/next" "$role/current"
  if start_role "$1" "$3" "$4"; then
    if [ ! -f "$role/back" ]; then :
    elif cmp -s "$role/back" "$role/current"; then rm -f "$role/back"
    else mv -f "$role/back" "$role/previous"
    fi
    tell started "$1" "$(pid_of "$1")"
    return
  fi
  failure=$reason
  stop_role "$1" "$2"
  if [ ! -f "$role/back" ]; then
    forget "$1"
    tell failed "$1" down "$failure"
    return
  fi
  mv -f "$role/back" "$role/current"
  if [ -z "$ran" ]; then tell failed "$1" down "$failure"
  elif start_role "$1" "$3" "$4"; then tell failed "$1" restored "$failure"
  else tell failed "$1" down "$failure"
  fi
}

# Leaves of a role no more than what it said.
forget() {
  drop_unit "$1"
  forget_run "$1"
  for file in current previous next back manager; do rm -f "roles/$1/$file"; done
  rmdir "roles/$1" 2>/dev/null
}

# Stops a role and starts it again: NAME SECONDS quiet|loud MANAGER.
restart() {
  if ! stop_role "$1" "$2"; then
    tell failed "$1" kept 'its process does not end'
  elif start_role "$1" "$3" "$(manager_of "$1")"; then
    tell started "$1" "$(pid_of "$1")"
  else
    tell failed "$1" down "$reason"
  fi
}

# Goes back to the version before: NAME SECONDS quiet|loud. Twice leads forth again.
rollback() {
  if [ ! -f "roles/$1/previous" ]; then
    tell failed "$1" kept 'there is no version before'
  elif cp "roles/$1/previous" "roles/$1/next"; then
    replace "$1" "$2" "$3" "$(manager_of "$1")"
  else
    rm -f "roles/$1/next"
    tell failed "$1" kept 'the version before cannot be copied'
  fi
}

# Stops a role for good: NAME SECONDS.
stop() {
  ran=$(pid_of "$1")
  if [ "$(manager_of "$1")" = systemd ]; then systemctl --user disable --quiet "$(unit_of "$1")" 2>/dev/null; fi
  if stop_role "$1" "$2"; then tell stopped "$1" "${ran:--}"; else tell failed "$1" kept "process $ran does not end"; fi
}

# --- the folder ------------------------------------------------------------------------------------------------------

# Goes into the folder. Fails if there is none.
enter() { cd "$1" 2>/dev/null; }

open_folder() {
  enter "$1" || refuse 'Nothing is there: ship it first'
}

# Makes sure that nobody else changes the folder until we end.
lock() {
  trap : HUP PIPE # whoever asked may be gone: what was begun is done
  trap 'exit 1' INT TERM
  own="$$ $(identity $$)"
  tries=0
  until reason=$(ln -s "$own" .lock 2>&1); do
    tries=$((tries + 1))
    [ "$tries" -le "$LOCK_TRIES" ] || refuse "Cannot lock the folder: $reason"
    # Somebody's, who may let go of it meanwhile.
    holder=$(readlink .lock 2>/dev/null) || continue
    [ "$(identity "${holder%% *}")" != "${holder#* }" ] || refuse "Another ship is at work there (process ${holder%% *})"
    # It was left by one that was killed. What is moved may by now be that of another who found it, too.
    mv -f .lock ".lock.$$" 2>/dev/null || continue
    left=$(readlink ".lock.$$")
    rm -f ".lock.$$"
    [ "$left" = "$holder" ] || ln -s "$left" .lock 2>/dev/null
  done
  trap 'rm -f .lock' EXIT
}

refuse() {
  tell error "$1"
  exit 1
}

# Keeps this very script in the folder: $1 is its text.
install_self() {
  [ -f ship.sh ] && [ "$(cat ship.sh)" = "$1" ] || write_file ship.sh "$1" || refuse "Cannot write there: $reason"
}

# Removes programs that no role has any more, and uploads whose sender is gone.
sweep() {
  used=$(cat roles/*/current roles/*/previous roles/*/back 2>/dev/null)
  for file in bin/* bin/.upload-*; do
    case $file in
      'bin/*' | 'bin/.upload-*') ;;
      bin/.upload-*) kill -0 "${file##*-}" 2>/dev/null || rm -f "$file" ;;
      *) case $used in *"$file"*) ;; *) rm -f "$file" ;; esac ;;
    esac
  done
}

# Tells all about the machine and the folder: FOLDER. With "check" programs are read and compared, with "allow" roles
# may be allowed to outlive the login.
report() {
  tell system "$(uname -s) $(uname -m)"
  tell hash "$(printf x | hash_input)"
  find_manager "$3"
  tell manager "$manager" "$why"
  if ! enter "$1"; then
    case $1 in /*) tell folder "$1" ;; *) tell folder "$(pwd -P)/${1#./}" ;; esac
    return
  fi
  tell folder "$(pwd -P)"
  for current in roles/*/current; do
    [ ! -f "$current" ] || report_role "$(basename "$(dirname "$current")")" "$2"
  done
}

report_role() {
  version=$(sed -n '1s/^# program //p' "roles/$1/current")
  checked=-
  [ "$2" != check ] || checked=$(hash_of "bin/$version")
  pid=$(pid_of "$1")
  up=-
  [ -z "$pid" ] || up=$(uptime_of "$pid")
  tell role "$1" "$(manager_of "$1")" "$(hash_of "roles/$1/current")" "$(hash_of "roles/$1/previous")" \
    "${version:--}" "$checked" "${pid:--}" "${up:--}"
}

# Tells the last lines of a role: NAME LINES.
logs() {
  if [ "$(manager_of "$1")" = systemd ]; then
    # Without --user, which sees nothing where the journal of all is not kept on the disk.
    journalctl --user-unit "$(unit_of "$1")" -n "$2" -o cat --no-pager -q 2>/dev/null
  else
    cat "roles/$1/log.1" "roles/$1/log" 2>/dev/null | tail -n "$2"
  fi | sed "s/^/microcdn log $1 /"
}

# Tells the last lines of one role, and what comes, until standard input ends: NAME LINES.
follow() {
  if [ "$(manager_of "$1")" = systemd ]; then
    journalctl --user-unit "$(unit_of "$1")" -n "$2" -o cat --no-pager -q -f </dev/null 2>/dev/null &
  else
    tail -n "$2" -F "roles/$1/log" </dev/null 2>/dev/null &
  fi
  tail=$!
  cat >/dev/null
  kill "$tail" 2>/dev/null
  wait "$tail" 2>/dev/null
}

# In the folder this is a program.
case $1 in run | launch) "$@" ;; esac
