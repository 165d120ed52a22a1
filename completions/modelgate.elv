
set edit:completion:arg-completer[modelgate] = { |@words|
    var index = (count $words)
    set index = (- $index 1)

    put (env _CLAP_IFS="\n" _CLAP_COMPLETE_INDEX=(to-string $index) COMPLETE="elvish" modelgate -- $@words) | to-lines
}

