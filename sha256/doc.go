// Package sha256 is SHA-256 (FIPS 180-4) for the programs of a unit.
//
// Where Go has it in assembly, it is crypto/sha256. Elsewhere, on MIPS and on 32-bit
// ARM, it is an implementation in Go that is faster there, and does not bring along
// the rest of a module of cryptography. Both give the same API and the same hashes.
//
// Read digest.go for how bytes become blocks, block.go for what is done to one.
package sha256
