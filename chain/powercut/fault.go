package main

import "syscall"

// errUnreadable is what a read fails with where flash is broken.
const errUnreadable = syscall.EIO
