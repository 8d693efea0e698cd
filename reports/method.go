package reports

// definitions follow MEASUREMENT: they hold for every number in a report.
var definitions = Terms{
	{"TTFT", "time to first token: from the intended send to the first message that holds a generated token of any kind; role-only messages do not count."},
	{"TPOT", "time per output token, per request: (last message − first message) / (n − k), with n output tokens of which k came in the first message. Undefined where n = k; such a request neither passes nor fails a TPOT limit."},
	{"ITL", "inter-token latency, per token: a message of k tokens that comes g after the one before it counts as k gaps of g/k, pooled over requests."},
	{"Largest gap", "the longest wait between two messages of a request."},
	{"E2E", "end to end: from the intended send to the last message that holds a generated token."},
	{"Other definitions", "TPOT over n − 1 is the common form, (last − first) / (n − 1); the gap between messages is not divided by their tokens; E2E per token is E2E / n."},
	{"Throughput", "output tokens stamped inside the measured window, per second of the window. The window ends with the last issue, so the drain is outside."},
	{"Goodput", "requests issued in the window that meet every limit, per second of the window. Failures and timeouts are misses. Attainment is the same as a share."},
	{"Arm, cell, trial", "one setting of the system; an arm at a load; one repetition of a cell, with a server of its own."},
	{"Front", "arms that no other arm beats in quality, latency and cost together. Its share of draws says how often an arm is on the front when the whole run is resampled."},
	{"Draws", "resamples of the run: repetitions, then blocks of neighbouring requests in them, the same ones for all arms at a load, so that what was hard for all of them does not count as doubt. Each figure spreads as its interval says. In every draw each arm gets the rate that it holds, and the choice is made again by the same rule."},
}

func (v *view) method() Section {
	s := Section{ID: "method", Title: "Method and definitions", Detail: true}
	s.Blocks = []Block{
		Paragraph("Every trial starts the server as a process of its own, warms it up with prompts that cannot prime the measured cache, and sends requests by a schedule that was computed beforehand. " +
			"All clocks start when the schedule wanted a request sent, so a server that stalls does not slow the clock that measures it. Repetitions are interleaved in a seeded order, so that drift of the machine meets all arms alike; every arm gets the same prompts and arrivals at the same load and repetition."),
		Paragraph("Percentiles are nearest-rank on the raw samples of all repetitions, over all issued requests, with distribution-free order-statistic intervals. Intervals are at 95 % unless another level is printed: with few samples an order statistic reaches only the level that is printed. " +
			"A percentile with too few samples prints \"insufficient\" and no number; one that failures reach is \"beyond the slowest success\". Values marked ≈ are estimates that follow from an assumption. " +
			"Numbers are rounded to the digits that their interval earns, two or three."),
	}
	if v.Systems != nil {
		s.Blocks = append(s.Blocks, Paragraph("Other systems are asked the same requests at the same times by the same instrument. Those that the lab starts are processes of their own, too, on the same machine; a server that is there is neither started anew nor known from inside. "+
			"Across systems, cost is of a request: tokens of different tokenizers have nothing in common. A machine's follows from its price of an hour, the planned utilisation and the requests within all limits at capacity; an API's from its price list and the tokens that each request took, cached ones apart. "+
			"An arm whose quality or price is not known is best in neither."))
	}
	if limits := limitsText(v.Run.SLOs); len(limits) > 0 {
		s.Blocks = append(s.Blocks, Heading("Limits"), List(limits))
	}
	s.Blocks = append(s.Blocks, Heading("Definitions"), definitions)
	return s
}
