package chat

import (
	"errors"
	"fmt"
	"strings"

	"github.com/nikolalohinski/gonja/v2/builtins"
	"github.com/nikolalohinski/gonja/v2/builtins/control_structures"
	"github.com/nikolalohinski/gonja/v2/exec"
	"github.com/nikolalohinski/gonja/v2/nodes"
	"github.com/nikolalohinski/gonja/v2/parser"
	"github.com/nikolalohinski/gonja/v2/tokens"
)

// statements are the tags of a chat template: the library's, metered, plus generation. Tags that reach
// outside or that recurse are refused by name, so that the message can say why.
func statements() *exec.ControlStructureSet {
	set := map[string]parser.ControlStructureParser{
		"for":        parseFor,
		"set":        parseSet,
		"macro":      parseMacro,
		"generation": parseGeneration,
	}
	for _, name := range []string{"if", "break", "continue", "raw"} {
		set[name] = metered(builtin(name))
	}
	for _, name := range []string{"include", "import", "from", "extends", "block"} {
		set[name] = refused(name, "a chat template cannot load or extend other templates")
	}
	for _, name := range []string{"autoescape", "call", "do", "filter", "trans", "with"} {
		set[name] = refused(name, "it is not available in chat templates")
	}
	return exec.NewControlStructureSet(set)
}

func builtin(name string) parser.ControlStructureParser {
	parse, ok := builtins.ControlStructures.Get(name)
	if !ok {
		return refused(name, "the template library does not have it")
	}
	return parse
}

func refused(name, why string) parser.ControlStructureParser {
	return func(p, _ *parser.Parser) (nodes.ControlStructure, error) {
		return nil, &parser.SyntaxError{Message: "{% " + name + " %} is refused: " + why, Raw: name, Line: p.Current().Line}
	}
}

// statement runs a parsed tag between two accounts of it.
type statement struct {
	exec.ControlStructure
	after func(r *exec.Renderer, m *meter) error // nil for nothing
}

func (s statement) Execute(r *exec.Renderer, tag *nodes.ControlStructureBlock) error {
	m := meterOf(r.Environment.Context)
	if err := m.step(1); err != nil {
		return err
	}
	if err := s.ControlStructure.Execute(r, tag); err != nil || s.after == nil {
		return err
	}
	return s.after(r, m)
}

// metered counts each execution of the tag as a step.
func metered(parse parser.ControlStructureParser) parser.ControlStructureParser {
	return func(p, args *parser.Parser) (nodes.ControlStructure, error) {
		return parseStatement(parse, p, args, nil)
	}
}

func parseStatement(parse parser.ControlStructureParser, p, args *parser.Parser, after func(*exec.Renderer, *meter) error) (nodes.ControlStructure, error) {
	parsed, err := parse(p, args)
	if err != nil {
		return nil, err
	}
	executable, ok := parsed.(exec.ControlStructure)
	if !ok {
		return nil, fmt.Errorf("%s cannot be executed", parsed)
	}
	return statement{executable, after}, nil
}

// parseFor meters what is looped over, once per execution and before the first iteration.
func parseFor(p, args *parser.Parser) (nodes.ControlStructure, error) {
	line := p.Current().Line
	parsed, err := builtin("for")(p, args)
	if err != nil {
		return nil, err
	}
	loop, ok := parsed.(*controlStructures.ForControlStructure)
	if !ok {
		return nil, errors.New("the template library's for loop has changed its type")
	}
	if loop.Recursive {
		return nil, &parser.SyntaxError{Message: "recursive loops are refused", Raw: "recursive", Line: line}
	}
	loop.ObjectEvaluator = &nodes.FilteredExpression{
		Expression: loop.ObjectEvaluator,
		Filters:    []*nodes.FilterCall{{Token: loop.ObjectEvaluator.Position(), Name: iterateFilter}},
	}
	return statement{ControlStructure: loop}, nil
}

// parseSet measures the value after an assignment; the block form writes through the meter, too.
func parseSet(p, args *parser.Parser) (nodes.ControlStructure, error) {
	target := args.Current()
	if target == nil || target.Type != tokens.Name {
		return nil, args.Error("expected a name after 'set'", target)
	}
	if next := args.Peek(); next == nil || next.Type == tokens.EOF {
		return parseBlockSet(p, target)
	}
	return parseStatement(builtin("set"), p, args, func(r *exec.Renderer, m *meter) error {
		value, _ := r.Environment.Context.Get(target.Val)
		return m.value(value)
	})
}

// capture is {% set name %}text{% endset %}.
type capture struct {
	target *tokens.Token
	body   *nodes.Wrapper
}

func parseBlockSet(p *parser.Parser, target *tokens.Token) (nodes.ControlStructure, error) {
	body, _, err := p.WrapUntil("endset")
	if err != nil {
		return nil, err
	}
	return statement{ControlStructure: &capture{target, body}}, nil
}

func (c *capture) Position() *tokens.Token { return c.target }
func (c *capture) String() string          { return "set " + c.target.Val }

func (c *capture) Execute(r *exec.Renderer, _ *nodes.ControlStructureBlock) error {
	var out strings.Builder
	sub := r.Inherit()
	sub.Output = meteredWriter{meterOf(r.Environment.Context), &out}
	if err := sub.ExecuteWrapper(c.body); err != nil {
		return err
	}
	r.Environment.Context.Set(c.target.Val, out.String())
	return nil
}

// parseMacro defines a macro whose calls are counted, bounded in depth and written through the meter.
func parseMacro(p, args *parser.Parser) (nodes.ControlStructure, error) {
	parsed, err := builtin("macro")(p, args)
	if err != nil {
		return nil, err
	}
	macro, ok := parsed.(*controlStructures.MacroControlStructure)
	if !ok {
		return nil, errors.New("the template library's macro has changed its type")
	}
	macro.Wrapper.Nodes = append([]nodes.Node{meterOutput(macro.Position())}, macro.Wrapper.Nodes...)
	return statement{ControlStructure: macro, after: func(r *exec.Renderer, m *meter) error {
		defined, _ := r.Environment.Context.Get(macro.Name)
		call, ok := defined.(exec.Macro)
		if !ok {
			return fmt.Errorf("macro %s is a %T", macro.Name, defined)
		}
		r.Environment.Context.Set(macro.Name, meteredCall(m, macro.Name, call))
		return nil
	}}, nil
}

func meteredCall(m *meter, name string, call exec.Macro) exec.Macro {
	return func(params *exec.VarArgs) *exec.Value {
		if err := m.arguments(params); err != nil {
			return exec.AsValue(err)
		}
		if m.depth == maxNesting {
			return exec.AsValue(m.fail(fmt.Errorf("chat: calls of the template's macro %s are nested more than %d deep", name, maxNesting)))
		}
		m.depth++
		defer func() { m.depth-- }()
		return call(params)
	}
}

// outputMeter, the first node of a macro's body, puts the meter in front of the body's own buffer.
type outputMeter struct{ at *tokens.Token }

func meterOutput(at *tokens.Token) nodes.Node {
	return &nodes.ControlStructureBlock{Location: at, Name: "macro", ControlStructure: outputMeter{at}}
}

func (o outputMeter) Position() *tokens.Token { return o.at }
func (o outputMeter) String() string          { return "macro" }

func (o outputMeter) Execute(r *exec.Renderer, _ *nodes.ControlStructureBlock) error {
	r.Output = meteredWriter{meterOf(r.Environment.Context), r.Output}
	return nil
}

// generation is transformers' {% generation %}, which marks the assistant's words for training masks
// and renders as its content.
type generation struct {
	at   *tokens.Token
	body *nodes.Wrapper
}

func parseGeneration(p, _ *parser.Parser) (nodes.ControlStructure, error) {
	at := p.Current()
	body, _, err := p.WrapUntil("endgeneration")
	if err != nil {
		return nil, err
	}
	return statement{ControlStructure: &generation{at, body}}, nil
}

func (g *generation) Position() *tokens.Token { return g.at }
func (g *generation) String() string          { return "generation" }

func (g *generation) Execute(r *exec.Renderer, _ *nodes.ControlStructureBlock) error {
	return r.ExecuteIfWrapper(g.body)
}
