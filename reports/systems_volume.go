package reports

import (
	"fmt"
	"math"

	"github.com/assaylab/assay/analysis"
	"github.com/assaylab/assay/analysis/cost"
	"github.com/assaylab/assay/reports/chart"
	"github.com/assaylab/assay/reports/table"
)

// byVolume draws what a month costs against the requests that are asked in it.
func (v *view) byVolume() Section {
	s := Section{ID: "volume", Title: "Machines or an API, by volume"}
	if v.Systems == nil || v.Systems.Volume == nil {
		return s
	}
	vol := v.Systems.Volume
	low, high := vol.Range()
	f := chart.Volume{Currency: currency(v.Run.Cost.Currency), Of: "requests a month"}
	f.Lines = append(f.Lines, chart.VolumeLine{Name: "whole machines with " + v.armName(vol.Arm), Points: volumePoints(vol.Machines(low, high))})
	for _, c := range vol.Calls {
		f.Lines = append(f.Lines, chart.VolumeLine{Name: v.armName(c.Arm), Points: volumePoints(c.Line(low, high))})
		if a := c.Break.Always; !math.IsInf(a.Value, 1) {
			f.Crosses = append(f.Crosses, chart.VolumeCross{Volume: chart.Estimate{Value: a.Value, Low: a.Low, High: a.High}, Cost: a.Value * c.PerRequest.Estimate, Text: chart.Amount(a.Value)})
		}
	}
	s.Blocks = []Block{Figure{Figure: f, Caption: v.volumeCaption(vol), Trials: v.trialsOf(v.volumeArms(vol))}, Table{Table: v.volumeTable(vol)}}
	return s
}

// armName is an arm without its number: lines have numbers of their own.
func (v *view) armName(id string) string {
	if a := v.arms[id]; a != nil {
		return a.Arm.Name
	}
	return id
}

func volumePoints(points []analysis.VolumePoint) (out []chart.VolumePoint) {
	for _, p := range points {
		out = append(out, chart.VolumePoint{Volume: p.Requests, Cost: p.Cost})
	}
	return out
}

func (v *view) volumeArms(vol *analysis.Volume) []*analysis.Arm {
	arms := []*analysis.Arm{v.arms[vol.Arm]}
	for _, c := range vol.Calls {
		arms = append(arms, v.arms[c.Arm])
	}
	return arms
}

func (v *view) volumeCaption(vol *analysis.Volume) string {
	s := fmt.Sprintf("A machine costs %s a month and carries %s requests in it, used to %s %% of its capacity; there are whole ones", vol.PerMonth, chart.Amount(vol.Capacity.Value), trim(100*v.Run.Cost.Utilisation))
	if vol.Spares > 0 {
		s += ", with " + plural(vol.Spares, "spare")
	}
	s += ". An API takes what its own requests took by the price list. A ring is the volume from which on machines stay cheaper, its bar the interval that both measurements leave; from a smaller one they can be cheaper already, as long as no further machine is due. Volume is in requests because tokens of different systems are not the same."
	if a := v.arms[vol.Arm]; a != nil && a.Cost.PerThousandRequests.Estimated {
		s += " The capacity of the machine is not proven: what follows from it is assumed."
	}
	return s
}

func (v *view) volumeTable(vol *analysis.Volume) table.Table {
	t := table.Table{Caption: "Whole machines with " + v.arm(vol.Arm) + " against each API", Columns: []table.Column{{Title: "API"}, right("price", "of a thousand requests"),
		right("equal at", "of a machine's capacity"), right("can pay from", "requests a month"), right("always pays from", "requests a month"), {Title: "as planned"}, {Title: "quality"}}}
	for _, c := range vol.Calls {
		each := c.PerRequest
		each.Estimate, each.Low, each.High = 1000*each.Estimate, 1000*each.Low, 1000*each.High
		t.Rows = append(t.Rows, table.Row{Cells: []table.Cell{table.Text(v.arm(c.Arm)), say(each, v.money).cell(), shareOf(v.arms[vol.Arm], c.Break.Use),
			requestVolume(c.Break.First), requestVolume(c.Break.Always), verdictAgainst(c.Break.Verdict), v.qualityBeside(vol, c)}})
	}
	return t
}

// qualityBeside says how the quality of an API's answers compares with that of the machine's.
func (v *view) qualityBeside(vol *analysis.Volume, c analysis.Call) table.Cell {
	if c.Equal {
		return table.Text("within the bound")
	}
	if own, other := v.Exam.Of(c.Arm), v.Exam.Of(vol.Arm); own != nil && other != nil {
		w, of := say(own.Value, natural(own.Value)), say(other.Value, natural(other.Value))
		return table.Cell{Text: w.Number + " right", Sub: "the machine's arm " + of.Number}
	}
	return table.Cell{Text: "not compared", Tone: table.Doubt}
}

// requestVolume is volume for requests, which are not counted in millions.
func requestVolume(e cost.Estimate) table.Cell {
	return volume(cost.Estimate{Value: e.Value * 1e6, Low: e.Low * 1e6, High: e.High * 1e6})
}
