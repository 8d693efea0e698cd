package dialect

// Finish reasons, under the names that OpenAI's API gave them.
const (
	FinishStop    = "stop"           // the model ended, or a stop text came
	FinishLength  = "length"         // max_tokens, or the context was full
	FinishTool    = "tool_calls"     // a tool is to be called
	FinishFilter  = "content_filter" // the provider held the rest back
	FinishPause   = "pause"          // the server waits for the client to go on
	FinishBadTool = "bad_tool_call"  // the model called a tool that there is not, or not as it should
)

// finished is our name for a reason and the server's own where that differs. One that is in no
// table stays as it is.
func finished(names map[string]string, said string) (finish, original string) {
	name, known := names[said]
	if !known || name == said {
		return said, ""
	}
	return name, said
}
