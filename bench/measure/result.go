package measure

// Result is one comparison.
type Result struct {
	Name     string  `json:"name"`
	Ours     float64 `json:"ours"`
	Peer     float64 `json:"peer"`
	PeerName string  `json:"peer_name"`
	Unit     string  `json:"unit"`
	Ratio    float64 `json:"ratio"`
	Bound    float64 `json:"bound,omitempty"` // what Ratio may be at most; 0: no bound
}
