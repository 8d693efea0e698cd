package scripted

import (
	"encoding/binary"
	"time"

	"google.golang.org/protobuf/encoding/protowire"
)

// Inferred is a frame of Triton's ModelStreamInfer with a text, which is not the final one.
func Inferred(text string) string { return inferFrame(text, true, false) }

// InferredLast is one with a text that is the final one, as of models that are not decoupled.
func InferredLast(text string) string { return inferFrame(text, true, true) }

// InferEnd is the final one without a text, which comes of decoupled models where it is asked for.
func InferEnd() string { return inferFrame("", false, true) }

// InferFailure is one with an error in place of a response.
func InferFailure(message string) string { return Frame(lengthy(nil, 1, message)) }

// Frame is a message behind gRPC's prefix.
func Frame(message string) string {
	return "\x00" + string(binary.BigEndian.AppendUint32(nil, uint32(len(message)))) + message
}

// inferFrame is a ModelStreamInferResponse with a ModelInferResponse: its model, whether it is final, and of a text
// the tensor's description and raw contents.
func inferFrame(text string, has, final bool) string {
	yes := protowire.AppendVarint(protowire.AppendTag(nil, 1, protowire.VarintType), protowire.EncodeBool(final))
	response := []byte(lengthy(nil, 1, "m"))
	response = []byte(lengthy(response, 4, lengthy([]byte(lengthy(nil, 1, "triton_final_response")), 2, string(yes))))
	if has {
		tensor := lengthy([]byte(lengthy([]byte(lengthy(nil, 1, "text_output")), 2, "BYTES")), 3, "\x01\x01")
		raw := string(binary.LittleEndian.AppendUint32(nil, uint32(len(text)))) + text
		response = []byte(lengthy([]byte(lengthy(response, 5, tensor)), 6, raw))
	}
	return Frame(lengthy(nil, 2, string(response)))
}

// lengthy adds a field that has a length.
func lengthy(b []byte, number protowire.Number, value string) string {
	return string(protowire.AppendString(protowire.AppendTag(b, number, protowire.BytesType), value))
}

// GRPC is the script of a gRPC answer: steps that write a frame each, wait after the one before, and a status.
func GRPC(wait time.Duration, status, message string, frames ...string) Script {
	s := Script{Header: map[string]string{"Content-Type": "application/grpc"}, Trailer: map[string]string{"Grpc-Status": status}}
	if message != "" {
		s.Trailer["Grpc-Message"] = message
	}
	for _, f := range frames {
		s.Steps = append(s.Steps, Step{Wait: wait, Bytes: f, Tokens: []int{1}})
	}
	return s
}
