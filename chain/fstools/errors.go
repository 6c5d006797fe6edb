package fstools

import "errors"

// ErrNone is wrapped when the flash holds no chain of fstools. What is wrong with
// one that is there wraps chain.ErrDamaged.
var ErrNone = errors.New("no chain of fstools")
