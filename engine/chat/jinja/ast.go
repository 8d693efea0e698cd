package jinja

// expr is an expression of a template.
type expr interface {
	eval(f *frame) (Value, error)
}

// stmt is a statement, text and output included.
type stmt interface {
	exec(f *frame) error
}

// line is where a statement begins.
type positioned struct {
	line int
	stmt
}

type (
	literal struct{ value Value }
	name    struct{ name string }

	listExpr  struct{ items []expr }
	tupleExpr struct{ items []expr }
	dictExpr  struct{ keys, values []expr }

	attribute struct {
		object expr
		name   string
	}
	index struct{ object, at expr }
	slice struct{ object, start, stop, step expr } // bounds may be nil

	unary struct {
		op      string // + or -
		operand expr
	}
	// chain is operands joined by operators of one precedence, from left to right.
	chain struct {
		operands []expr
		ops      []string // one less
	}
	concat struct{ operands []expr } // ~

	not   struct{ operand expr }
	logic struct {
		operands []expr
		or       bool
	}
	comparison struct {
		operands []expr
		ops      []string // one less
	}
	conditional struct {
		test, then, otherwise expr // otherwise may be nil
		line                  int
	}

	// arguments of a call, a filter or a test as they are written.
	argumentList struct {
		positional []expr
		names      []string
		named      []expr
		rest       expr // *rest
		restNamed  expr // **rest
	}
	callExpr struct {
		callee expr
		args   argumentList
	}
	filterExpr struct {
		operand expr // nil in {% filter %} and {% set %}
		name    string
		args    argumentList
	}
	testExpr struct {
		operand expr
		name    string
		args    argumentList
	}
)

type (
	textStmt   struct{ text string }
	outputStmt struct{ value expr }

	forStmt struct {
		target          target
		over, test      expr // test may be nil
		recursive       bool
		body, otherwise []stmt
	}
	ifStmt struct {
		tests     []expr
		bodies    [][]stmt
		otherwise []stmt
	}
	setStmt struct {
		target target
		value  expr
	}
	setBlock struct {
		target target
		filter *filterExpr // the last of its filters; nil for none
		body   []stmt
	}
	withStmt struct {
		targets []target
		values  []expr
		body    []stmt
	}
	filterBlock struct {
		filter *filterExpr
		body   []stmt
	}
	callBlock struct {
		call   *callExpr
		caller *macroDef
	}
	generationStmt struct{ body []stmt }
	macroDef       struct {
		name     string
		params   []string
		defaults []expr // of the last parameters
		body     []stmt

		usesVarargs, usesKwargs, usesCaller bool
	}
	macroStmt    struct{ def *macroDef }
	breakStmt    struct{}
	continueStmt struct{}
)

// target is what set and for assign to: a name, an attribute of a namespace, or several of them.
type target struct {
	name      string
	attribute string   // of the namespace called name; empty for a plain name
	parts     []target // of a tuple
	isTuple   bool
}
