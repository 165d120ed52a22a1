complete --keep-order --exclusive --command modelgate --arguments "(COMPLETE=fish modelgate -- (commandline --current-process --tokenize --cut-at-cursor) (commandline --current-token))"
