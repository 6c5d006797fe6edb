# What the scripts that build something for the big-endian malta machine have in
# common. It is sourced with $here set to this directory.

cross=mips-linux-gnu-
cache=${XDG_CACHE_HOME:-$HOME/.cache}/chainroot

say() {
	echo "${0##*/}: $*" >&2
}

# built NAME FILE... prints the directory in the user's cache with what the
# function build made according to these files, which is called if there is none
# yet. Its work is in $work; what it leaves in $work/tree is what is kept, for the
# version of the source that it sets $version to.
built() {
	name=$1
	shift
	hash=$(cat "$here/cache.sh" "$@" | sha256sum | cut -c1-12)
	mkdir -p "$cache"
	found && return
	(
		flock 9 # another may be building the same
		found || fill
	) 9>"$cache/$name.lock" >/dev/null
	found
}

found() {
	for dir in "$cache/$name-$hash"_*_mips; do
		[ -d "$dir" ] && echo "$dir" && return
	done
	return 1
}

# What is in the cache under its name is always whole.
fill() {
	work_below "$cache"
	mkdir "$work/tree"
	start=$(date +%s)
	build
	chmod 755 "$work/tree"
	mv -T "$work/tree" "$cache/$name-${hash}_${version}_mips"
	say "built $version in $(($(date +%s) - start)) seconds"
}

# Makes a directory that is gone when this shell is.
work_below() {
	work=$(mktemp -d "$1/work-XXXXXX")
	trap 'rm -rf "$work"' EXIT
	trap 'exit 1' HUP INT TERM
}

# Runs a step of a build and shows what it printed only if it fails.
quietly() {
	if ! "$@" >"$work/log" 2>&1 </dev/null; then
		tail -n 30 "$work/log" >&2
		exit 1
	fi
}
