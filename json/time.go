package json

import (
	"strings"
	"time"
)

// parseTime reads a time as RFC 3339 has it, without the leap seconds that package
// time does not know. Its own parser knows every layout, and takes 5 KiB of
// compressed firmware.
func parseTime(s string) (time.Time, bool) {
	ok := true
	number := func(n, least, most int) int {
		v := 0
		for ; n > 0; n-- {
			if s == "" || s[0] < '0' || s[0] > '9' {
				ok = false
				return least
			}
			v, s = 10*v+int(s[0]-'0'), s[1:]
		}
		ok = ok && least <= v && v <= most
		return v
	}
	past := func(c string) {
		rest, found := strings.CutPrefix(s, c)
		ok = ok && found
		s = rest
	}
	year := number(4, 0, 9999)
	past("-")
	month := number(2, 1, 12)
	past("-")
	day := number(2, 1, 31)
	past("T")
	hour := number(2, 0, 23)
	past(":")
	minute := number(2, 0, 59)
	past(":")
	second := number(2, 0, 59)
	nano := 0
	if strings.HasPrefix(s, ".") {
		past(".")
		nano = number(1, 0, 9) * 1e8
		for unit := int(1e7); s != "" && '0' <= s[0] && s[0] <= '9'; unit /= 10 {
			nano += number(1, 0, 9) * unit
		}
	}
	zone := time.UTC
	if s == "Z" {
		past("Z")
	} else {
		west := strings.HasPrefix(s, "-")
		if west {
			past("-")
		} else {
			past("+")
		}
		seconds := 3600 * number(2, 0, 23)
		past(":")
		seconds += 60 * number(2, 0, 59)
		if west {
			seconds = -seconds
		}
		zone = time.FixedZone("", seconds)
	}
	t := time.Date(year, time.Month(month), day, hour, minute, second, nano, zone)
	return t, ok && s == "" && t.Day() == day // Date takes 31 February for 3 March
}
