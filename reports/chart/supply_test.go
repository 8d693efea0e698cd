package chart

import (
	"fmt"
	"math"
	"strings"
	"testing"

	"gonum.org/v1/plot/vg"
)

// monthNames are n months from January.
func monthNames(n int) []string {
	all := make([]string, n)
	for i := range all {
		all[i] = fmt.Sprintf("%s %02d", []string{"Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"}[i%12], 27+i/12)
	}
	return all
}

// syntheticSupply grows by a twelfth a month, with machines in steps, an API for one month, and an order that is late.
func syntheticSupply(months int) Supply {
	f := Supply{Unit: "requests/s at peak"}
	for i, name := range monthNames(months) {
		d := 40 * math.Pow(1.08, float64(i))
		m := SupplyMonth{Name: name, Demand: Estimate{d, d * 0.8, d * 1.35}, Planned: d * 1.2, Capacity: 24 * math.Ceil(d*1.2/24+1)}
		if i == 2 {
			m.Capacity, m.Overflow = m.Planned*0.7, m.Planned*0.3
		}
		f.Months = append(f.Months, m)
	}
	f.Orders = []Order{{-1.3, 2, "by 22 Nov 2026: 2 of eight-gpu-server"}, {1.4, 5, "by 13 Feb 2027: 1 of eight-gpu-server"},
		{float64(months) - 4, float64(months) - 1, "by the end: 3 of a server whose name is longer than what a narrow figure has room for"}}
	return f
}

func syntheticSpending(months int) Spending {
	f := Spending{Currency: "USD", Parts: []string{"bought servers", "power and colocation", "reserved", "on demand", "API"}}
	for k, title := range []string{"the plan", "rent on demand", "API alone"} {
		p := SpendingPanel{Title: title, Note: "present cost 1.2M", Months: monthNames(months)}
		for i := range months {
			costs := make([]float64, len(f.Parts))
			switch k {
			case 0:
				costs[1], costs[3] = 4e3, 2e3
				if i%6 == 0 {
					costs[0] = 9e4
				}
				if i == months-1 {
					costs[0] = -3e4 // what the servers are worth at the end
				}
			case 1:
				costs[3] = 2e4 + 900*float64(i)
			default:
				costs[4] = 1.5e4 * math.Pow(1.08, float64(i))
			}
			p.Costs = append(p.Costs, costs)
		}
		f.Panels = append(f.Panels, p)
	}
	return f
}

func syntheticVolume() Volume {
	f := Volume{Currency: "USD", Of: "million tokens a month"}
	own := VolumeLine{Name: "bought servers", Points: []VolumePoint{{100, 9000}}}
	for v, c := 4000.0, 9000.0; v < 1e5; v, c = v+4000, c+9000 {
		own.Points = append(own.Points, VolumePoint{v, c}, VolumePoint{v, c + 9000})
	}
	api := VolumeLine{Name: "a-managed-api", Points: []VolumePoint{{100, 450}, {1e5, 4.5e5}}}
	cheap := VolumeLine{Name: "a-cheap-api", Points: []VolumePoint{{100, 17.5}, {1e5, 17500}}}
	f.Lines = []VolumeLine{own, api, cheap}
	f.Crosses = []VolumeCross{{Estimate{2000, 1700, 2400}, 9000, "from 2.0k (1.7k to 2.4k)"}}
	f.Marks = []VolumeMark{{3000, "first month"}, {12000, "last month"}}
	return f
}

func syntheticTornado() Tornado {
	return Tornado{Of: "net present cost, USD", Base: 1.2e6, Bars: []TornadoBar{
		{"demand, the 10th and 90th percentile of the forecast", 0.9e6, 2.1e6, "low", "high", "at the high value an API takes the peak"},
		{"capacity of a replica, -20 % and +20 %", 1.45e6, 1.05e6, "-20 %", "+20 %", ""},
		{"hourly price, -30 % and +30 %", 1.1e6, 1.31e6, "-30 %", "+30 %", ""},
		{"lead time, 4 and 30 weeks", 1.22e6, 1.25e6, "4 weeks", "30 weeks", ""},
		{"limit on TTFT", math.NaN(), 1.19e6, "250 ms", "1 s", "at the low value nothing holds the limits"},
	}}
}

func TestPlanFiguresGolden(t *testing.T) {
	for _, f := range []Figure{syntheticSupply(18), syntheticSpending(18), syntheticVolume(), syntheticTornado()} {
		golden(t, f.Key()+"-wide.svg", render(t, f, Wide))
		golden(t, f.Key()+"-narrow.svg", render(t, f, Narrow))
	}
}

// Whatever a plan holds, the drawings hold only numbers.
func TestPlanFiguresOfAnything(t *testing.T) {
	inf, nan := math.Inf(1), math.NaN()
	odd := syntheticSupply(3)
	odd.Months[0].Demand.High, odd.Orders[0].By, odd.Orders[1].Ready = inf, -1e9, 1e9
	for range 40 {
		odd.Orders = append(odd.Orders, odd.Orders[0])
	}
	refund := Spending{Currency: "EUR", Parts: []string{"a"}, Panels: []SpendingPanel{{Months: monthNames(1), Costs: [][]float64{{-5, 3, nan, inf}}}}}
	never := syntheticVolume()
	never.Crosses = append(never.Crosses, VolumeCross{Volume: Estimate{inf, inf, inf}}, VolumeCross{Volume: Estimate{0, 0, 0}}, VolumeCross{Volume: Estimate{1e9, 10, inf}, Cost: 1e12})
	never.Lines = append(never.Lines, VolumeLine{Points: []VolumePoint{{0, 0}, {1, inf}}})
	still := Tornado{Bars: []TornadoBar{{}, {Low: nan, High: nan}, {Low: inf, High: 1}}}
	for _, f := range []Figure{odd, refund, never, still, Supply{}, Spending{}, Volume{}, Tornado{}, Spending{Panels: []SpendingPanel{{}}}, syntheticSupply(1)} {
		for _, w := range []vg.Length{Wide, Narrow} {
			svg := render(t, f, w)
			for _, bad := range []string{"NaN", "Inf"} {
				if strings.Contains(svg, bad) {
					t.Errorf("%s at %v contains %q", f.Key(), w, bad)
				}
			}
		}
	}
}

func TestAmount(t *testing.T) {
	for x, want := range map[float64]string{0: "0", 1: "1", 12.5: "12.5", 999: "999", 999.7: "1k", 1000: "1k", 1250: "1.25k", 1.25e6: "1.25M", -45000: "-45k", 0.05: "0.05", 0.0123: "0.0123", 3.5e9: "3.5G", 2e12: "2T"} {
		if got := Amount(x); got != want {
			t.Errorf("Amount(%v) = %q, want %q", x, got, want)
		}
	}
}
