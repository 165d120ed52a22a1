//! What the checker of losses takes for granted.

/// Paths whose value is said in another way, or is what the target does anyway, each with the reason. `*` is any number.
pub(super) const NEUTRAL: &[(&str, &str)] = &[
    ("model", "the upstream has its own name"),
    (
        "echo",
        "the answer begins with the prompt, whoever gives it",
    ),
    ("stream", "Gemini's URL says it"),
    ("logprobs", "Gemini has another name for it"),
    ("modalities[*]", "in capitals in Gemini"),
    ("output_config.effort", "a level of Gemini"),
    (
        "thinking.display",
        "`includeThoughts`, or what happens anyway",
    ),
    (
        "messages[*].content[*].content[*].content[*].type",
        "the other dialect has another word",
    ),
    (
        "contents[*].parts[*].fileData.mimeType",
        "the address says it",
    ),
    (
        "contents[*].parts[*].thoughtSignature",
        "state of a provider goes to that provider only",
    ),
    (
        "contents[*].parts[*].thought",
        "the other dialect has another word",
    ),
    (
        "generateContentRequest.model",
        "the upstream has its own name",
    ),
    (
        "generationConfig.responseMimeType",
        "the other dialect has another word",
    ),
    ("generationConfig.responseLogprobs", "`logprobs`"),
    (
        "generationConfig.responseModalities[*]",
        "in small letters elsewhere",
    ),
    (
        "generationConfig.thinkingConfig.thinkingBudget",
        "an effort, or another form of thinking",
    ),
    (
        "generationConfig.thinkingConfig.thinkingLevel",
        "an effort, or another form of thinking",
    ),
    (
        "generationConfig.thinkingConfig.includeThoughts",
        "a way to show it",
    ),
    (
        "toolConfig.functionCallingConfig.mode",
        "the other dialect has another word",
    ),
    ("contents[*].role", "the other dialect has another word"),
    (
        "generateContentRequest.contents[*].role",
        "the other dialect has another word",
    ),
    (
        "contents[*].parts[*].functionResponse.parts[*].inlineData.mimeType",
        "part of a data address, or Kiro's `format`",
    ),
    (
        "contents[*].parts[*].inlineData.mimeType",
        "part of a data address",
    ),
    (
        "messages[*].role",
        "a tool's message is a block of the user, the system prompt a field",
    ),
    (
        "messages[*].content[*].type",
        "the other dialect has another word",
    ),
    (
        "messages[*].content[*].source.type",
        "the other dialect has another word",
    ),
    (
        "messages[*].content[*].content[*].type",
        "the other dialect has another word",
    ),
    (
        "messages[*].content[*].content[*].source.type",
        "the other dialect has another word",
    ),
    (
        "messages[*].content[*].source.content[*].type",
        "the other dialect has another word",
    ),
    (
        "messages[*].content[*].source.content[*].source.type",
        "the other dialect has another word",
    ),
    (
        "messages[*].content[*].source.media_type",
        "part of a data address, or the document is sent as text",
    ),
    (
        "messages[*].content[*].source.content[*].source.media_type",
        "part of a data address",
    ),
    (
        "messages[*].content[*].content[*].source.media_type",
        "part of a data address",
    ),
    (
        "messages[*].tool_calls[*].type",
        "the other dialect has another word",
    ),
    ("tools[*].type", "functions need no word in Claude"),
    ("tool_choice", "the other dialect has another word"),
    ("tool_choice.type", "the other dialect has another word"),
    (
        "tool_choice.allowed_tools.mode",
        "the other dialect has another word",
    ),
    (
        "tool_choice.allowed_tools.tools[*].type",
        "the other dialect has another word",
    ),
    (
        "tool_choice.disable_parallel_tool_use",
        "`parallel_tool_calls`, the other way round",
    ),
    (
        "parallel_tool_calls",
        "`disable_parallel_tool_use`, the other way round",
    ),
    (
        "response_format.type",
        "another word, and free text is what happens anyway",
    ),
    ("output_config.format.type", "another word"),
    ("reasoning_effort", "a budget, or thinking switched off"),
    ("thinking.type", "an effort"),
    ("thinking.budget_tokens", "an effort"),
    ("stream_options.include_usage", "Claude always tells"),
    ("service_tier", "another word, or what happens anyway"),
    ("speed", "another word, or what happens anyway"),
    ("logprobs", "asked for in `include`"),
    ("thinking.display", "a summary is asked for"),
    (
        "include[*]",
        "a setting of another name, or what happens anyway",
    ),
    (
        "text.format.type",
        "another word, and free text is what happens anyway",
    ),
    ("reasoning.effort", "a budget, or thinking switched off"),
    ("reasoning.summary", "a summary of any length"),
    ("input[*].type", "the other dialect has another word"),
    ("input[*].role", "the system prompt is a field elsewhere"),
    ("input[*].id", "ids of items are the vendor's"),
    ("input[*].call_id", "made fit, in call and result alike"),
    (
        "input[*].content[*].type",
        "the other dialect has another word",
    ),
    (
        "input[*].output[*].type",
        "the other dialect has another word",
    ),
    ("input[*].namespace", "part of the tool's name"),
    (
        "input[*].arguments",
        "an object; empty text is the empty object",
    ),
    (
        "input[*].content[*].prompt_cache_breakpoint.mode",
        "a mark of the other dialect",
    ),
    (
        "input[*].content[*].prompt_cache_breakpoint.ttl",
        "another lifetime of the same kind",
    ),
    (
        "input[*].content[*].cache_control.type",
        "the same mark on another level",
    ),
    ("tools[*].strict", "false is what happens anyway"),
    ("tools[*].tools[*].type", "functions need no word in Claude"),
    ("tools[*].tools[*].strict", "false is what happens anyway"),
    ("tools[*].format.type", "free text is what happens anyway"),
    (
        "input[*].content[*].detail",
        "`auto` is what happens anyway; others are reported",
    ),
    ("tool_choice.mode", "the other dialect has another word"),
    (
        "tool_choice.tools[*].type",
        "the other dialect has another word",
    ),
    ("tools[*].user_location.type", "the only one there is"),
    (
        "messages[*].content[*].is_error",
        "false is what happens anyway; true is reported",
    ),
    (
        "messages[*].content[*].prompt_cache_breakpoint.mode",
        "a mark of the other dialect",
    ),
    (
        "messages[*].content[*].prompt_cache_breakpoint.ttl",
        "another lifetime of the same kind",
    ),
    (
        "messages[*].content[*].cache_control.type",
        "the same mark on another level",
    ),
    ("web_search_options.user_location.type", "flat in Claude"),
    ("tools[*].function.strict", "false is what happens anyway"),
    ("functions[*].name", "checked through its tool"),
    ("messages[*].tool_call_id", "made fit, as the call's"),
    ("messages[*].tool_calls[*].id", "made fit, as the result's"),
    (
        "messages[*].tool_calls[*].function.arguments",
        "an object; empty text is the empty object",
    ),
    ("system[*].type", "one block is a text"),
    (
        "messages[*].function_call.arguments",
        "an object; empty text is the empty object",
    ),
    (
        "messages[*].content[*].signature",
        "state of a provider goes to that provider only",
    ),
    (
        "messages[*].reasoning_details[*].type",
        "read as reasoning, named as `reasoning_content`",
    ),
    (
        "messages[*].reasoning_details[*].index",
        "read as reasoning, named as `reasoning_content`",
    ),
    (
        "messages[*].reasoning_details[*].text",
        "read as reasoning, named as `reasoning_content`",
    ),
    (
        "messages[*].reasoning_details[*].signature",
        "read as reasoning, named as `reasoning_content`",
    ),
    (
        "messages[*].reasoning_details[*].data",
        "read as reasoning, named as `reasoning_content`",
    ),
];

/// Fixtures in which the checker cannot see that nothing is lost.
pub(super) const UNSEEN: &[(&str, &str)] = &[
    ("chat/custom_tool to kiro", "the name is made fit"),
    (
        "claude/call_and_text_state_of_gemini to kiro",
        "the state is taken out of the ids",
    ),
    (
        "gemini/response_json_schema to kiro",
        "the schema is told in words",
    ),
    (
        "gemini/snake_case_of_python to kiro",
        "losses are named in camelCase",
    ),
    (
        "chat/names_of_mcp_tools to responses",
        "the names are made fit",
    ),
    (
        "claude/call_and_text_state_of_gemini to responses",
        "the state is taken out of the ids",
    ),
    (
        "gemini/response_schema to responses",
        "the types are in small letters",
    ),
    (
        "gemini/snake_case_of_python to responses",
        "losses are named in camelCase",
    ),
    ("chat/custom_tool to claude", "the name is made fit"),
    (
        "chat/files_by_data to claude",
        "plain text is sent as text, not as base64",
    ),
    (
        "chat/tool_choice_allowed to claude",
        "a tool that is not allowed is not sent: `tool_choice` is named",
    ),
    (
        "chat/tool_choice_allowed_auto to claude",
        "a tool that is not allowed is not sent: `tool_choice` is named",
    ),
    (
        "responses/image_url_as_an_object to claude",
        "named where it belongs",
    ),
    (
        "responses/reasoning_of_claude_comes_back to claude",
        "state comes back to its own provider unwrapped",
    ),
    (
        "responses/tool_choice_allowed to claude",
        "a tool that is not allowed is not sent: `tool_choice` is named",
    ),
    (
        "chat/tool_names_made_fit to responses",
        "the names are made fit",
    ),
    ("chat/custom_tool to responses", "the name is made fit"),
    (
        "claude/tool_names_longer_than_chat_takes to responses",
        "the names are made fit",
    ),
    (
        "chat/tool_names_made_fit to claude",
        "the names are made fit",
    ),
    (
        "claude/forced_web_search to chat",
        "a tool of the vendor's became an option",
    ),
    (
        "claude/only_server_tools to chat",
        "a tool of the vendor's became an option",
    ),
    (
        "claude/server_tools_are_named_not_sent to chat",
        "a tool of the vendor's became an option",
    ),
    (
        "claude/tool_names_longer_than_chat_takes to chat",
        "the names are made fit",
    ),
    ("chat/custom_tool to gemini", "the name is made fit"),
    (
        "chat/files_by_data to gemini",
        "plain text is sent as text, not as base64",
    ),
    (
        "chat/image_address to gemini",
        "the level of detail is another word",
    ),
    (
        "chat/names_of_mcp_tools to claude",
        "the names are made fit",
    ),
    (
        "chat/names_of_mcp_tools to gemini",
        "the names are made fit",
    ),
    ("chat/recursive_schema to gemini", "references are put in"),
    (
        "chat/schema_keywords to gemini",
        "the schema is said in other keywords",
    ),
    (
        "chat/tool_names_made_fit to gemini",
        "the names are made fit",
    ),
    (
        "claude/call_and_text_state_of_gemini to chat",
        "the state is taken out of the ids",
    ),
    (
        "claude/call_and_text_state_of_gemini to gemini",
        "the state is taken out of the ids",
    ),
    (
        "claude/forced_web_search to gemini",
        "a tool of the vendor's is another's",
    ),
    (
        "claude/only_server_tools to gemini",
        "a tool of the vendor's is another's",
    ),
    (
        "claude/search_beside_functions to chat",
        "a tool of the vendor's became an option",
    ),
    (
        "claude/search_fetch_and_code to chat",
        "a tool of the vendor's became an option",
    ),
    (
        "claude/search_fetch_and_code to gemini",
        "a tool of the vendor's is another's",
    ),
    (
        "claude/server_tools_are_named_not_sent to gemini",
        "a tool of the vendor's is another's",
    ),
    (
        "claude/tool_names_longer_than_chat_takes to gemini",
        "the names are made fit",
    ),
    (
        "gemini/response_schema to chat",
        "the types are in small letters",
    ),
    (
        "gemini/response_schema to claude",
        "the types are in small letters",
    ),
    (
        "gemini/snake_case_of_python to chat",
        "losses are named in camelCase",
    ),
    (
        "gemini/snake_case_of_python to claude",
        "losses are named in camelCase",
    ),
    (
        "gemini/tool_choice_allowed to claude",
        "a tool that is not allowed is not sent: the choice is named",
    ),
];
