package dialect

import (
	"google.golang.org/protobuf/encoding/protowire"
)

// streamResponse is what is read of a ModelStreamInferResponse: error_message 1, infer_response 2.
type streamResponse struct {
	failure     string
	answers     bool // it has an infer_response
	id, model   string
	says, final bool // the parameter triton_final_response
	outputs     []inferOutput
	raw         [][]byte
}

// inferOutput is an InferOutputTensor: name 1, datatype 2, contents 5. Its data is in the contents, or in the
// response's raw contents of the same place.
type inferOutput struct {
	name, kind string
	contents   []byte
}

func (r *streamResponse) read(payload []byte) error {
	return eachField(payload, func(f field) error {
		switch {
		case f.text(1):
			r.failure = string(f.bytes)
		case f.text(2):
			r.answers = true
			return r.infer(f.bytes)
		}
		return nil
	})
}

// infer reads a ModelInferResponse: model_name 1, id 3, parameters 4, outputs 5, raw_output_contents 6.
func (r *streamResponse) infer(message []byte) error {
	return eachField(message, func(f field) error {
		switch {
		case f.text(1):
			r.model = string(f.bytes)
		case f.text(3):
			r.id = string(f.bytes)
		case f.text(4):
			return r.parameter(f.bytes)
		case f.text(5):
			return r.output(f.bytes)
		case f.text(6):
			r.raw = append(r.raw, f.bytes)
		}
		return nil
	})
}

// parameter reads an entry of the parameters, as it is written by the function of the same name.
func (r *streamResponse) parameter(entry []byte) error {
	var key, value []byte
	err := eachField(entry, func(f field) error {
		switch {
		case f.text(1):
			key = f.bytes
		case f.text(2) && value == nil:
			value = f.bytes
		case f.text(2): // parts of one message, as protobuf has it
			value = append(value[:len(value):len(value)], f.bytes...)
		}
		return nil
	})
	if err != nil || string(key) != finalResponse {
		return err
	}
	r.says, r.final = true, false
	return eachField(value, func(f field) error {
		if f.whole(1) {
			r.final = f.value != 0
		}
		return nil
	})
}

func (r *streamResponse) output(message []byte) error {
	var o inferOutput
	err := eachField(message, func(f field) error {
		switch {
		case f.text(1):
			o.name = string(f.bytes)
		case f.text(2):
			o.kind = string(f.bytes)
		case f.text(5):
			o.contents = append(o.contents, f.bytes...)
		}
		return nil
	})
	r.outputs = append(r.outputs, o)
	return err
}

// rawOf is the data of an output where it is not in its contents, else nil.
func (r *streamResponse) rawOf(i int) []byte {
	if i < len(r.raw) {
		return r.raw[i]
	}
	return nil
}

// texts are an output's, from raw contents or from its own: bytes_contents 8.
func (o *inferOutput) texts(raw []byte) (all texts, ok bool) {
	if o.kind != "BYTES" {
		return nil, false
	}
	if raw != nil {
		return flatTexts(raw)
	}
	err := eachField(o.contents, func(f field) error {
		if f.text(8) {
			all = append(all, string(f.bytes))
		}
		return nil
	})
	return all, err == nil
}

// counts are an output's whole numbers, from raw contents or from its own: int_contents 2, int64_contents 3, uint_contents 4
// and uint64_contents 5, each packed or not.
func (o *inferOutput) counts(raw []byte) (all counts, ok bool) {
	if raw != nil {
		return flatCounts(o.kind, raw)
	}
	err := eachField(o.contents, func(f field) error {
		if f.number < 2 || f.number > 5 {
			return nil
		}
		if f.kind == protowire.VarintType {
			all = append(all, int(min(f.value, mostCounted+1)))
		}
		for packed := f.bytes; len(packed) > 0; {
			v, n := protowire.ConsumeVarint(packed)
			if n < 0 {
				return errWire
			}
			all, packed = append(all, int(min(v, mostCounted+1))), packed[n:]
		}
		return nil
	})
	return all, err == nil
}
