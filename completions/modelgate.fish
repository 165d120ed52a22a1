# Print an optspec for argparse to handle cmd's options that are independent of any subcommand.
function __fish_modelgate_global_optspecs
    string join \n config= json color= q/quiet h/help V/version
end

function __fish_modelgate_needs_command
    # Figure out if the current invocation already has a command.
    set -l cmd (commandline -opc)
    set -e cmd[1]
    argparse -s (__fish_modelgate_global_optspecs) -- $cmd 2>/dev/null
    or return
    if set -q argv[1]
        # Also print the command, so this can be used to figure out what it is.
        echo $argv[1]
        return 1
    end
    return 0
end

function __fish_modelgate_using_subcommand
    set -l cmd (__fish_modelgate_needs_command)
    test -z "$cmd"
    and return 1
    contains -- $cmd[1] $argv
end

complete -c modelgate -n "__fish_modelgate_needs_command" -l config -d 'Configuration file; otherwise $MODELGATE_CONFIG, ./modelgate.yaml, or the one in your configuration directory' -r -F
complete -c modelgate -n "__fish_modelgate_needs_command" -l color -d 'When to use colour; NO_COLOR in the environment counts too' -r -f -a "auto\t''
always\t''
never\t''"
complete -c modelgate -n "__fish_modelgate_needs_command" -l json -d 'Print JSON for scripts'
complete -c modelgate -n "__fish_modelgate_needs_command" -s q -l quiet -d 'Print only data, warnings and errors'
complete -c modelgate -n "__fish_modelgate_needs_command" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c modelgate -n "__fish_modelgate_needs_command" -s V -l version -d 'Print version'
complete -c modelgate -n "__fish_modelgate_needs_command" -f -a "serve" -d 'Start the gateway'
complete -c modelgate -n "__fish_modelgate_needs_command" -f -a "dashboard" -d 'Watch and look after a gateway, live'
complete -c modelgate -n "__fish_modelgate_needs_command" -f -a "login" -d 'Log in to an account of a provider'
complete -c modelgate -n "__fish_modelgate_needs_command" -f -a "logout" -d 'Forget an account and delete its file'
complete -c modelgate -n "__fish_modelgate_needs_command" -f -a "models" -d 'List the models that clients can ask for'
complete -c modelgate -n "__fish_modelgate_needs_command" -f -a "accounts" -d 'Show the accounts of a running gateway, or change one'
complete -c modelgate -n "__fish_modelgate_needs_command" -f -a "keys" -d 'Show the client keys, make new ones, or end old ones'
complete -c modelgate -n "__fish_modelgate_needs_command" -f -a "usage" -d 'Show what requests used and cost'
complete -c modelgate -n "__fish_modelgate_needs_command" -f -a "why" -d 'Tell what became of a request, and why'
complete -c modelgate -n "__fish_modelgate_needs_command" -f -a "route" -d 'Tell which account would answer for a model now, and why'
complete -c modelgate -n "__fish_modelgate_needs_command" -f -a "logs" -d 'Show what the gateway logs'
complete -c modelgate -n "__fish_modelgate_needs_command" -f -a "config" -d 'Make, check, look at and change the configuration file'
complete -c modelgate -n "__fish_modelgate_needs_command" -f -a "completions" -d 'Print a completion script for a shell'
complete -c modelgate -n "__fish_modelgate_needs_command" -f -a "man" -d 'Print a manual page'
complete -c modelgate -n "__fish_modelgate_needs_command" -f -a "version" -d 'Print the version'
complete -c modelgate -n "__fish_modelgate_needs_command" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c modelgate -n "__fish_modelgate_using_subcommand serve" -l host -d 'IP address to listen on, instead of `host` in the configuration' -r
complete -c modelgate -n "__fish_modelgate_using_subcommand serve" -l port -d 'Port to listen on, instead of `port` in the configuration; 0 takes a free one' -r
complete -c modelgate -n "__fish_modelgate_using_subcommand serve" -l log -d 'What to log: off, error, warn, info, debug or trace, or directives such as warn,modelgate_gateway=debug' -r
complete -c modelgate -n "__fish_modelgate_using_subcommand serve" -l config -d 'Configuration file; otherwise $MODELGATE_CONFIG, ./modelgate.yaml, or the one in your configuration directory' -r -F
complete -c modelgate -n "__fish_modelgate_using_subcommand serve" -l color -d 'When to use colour; NO_COLOR in the environment counts too' -r -f -a "auto\t''
always\t''
never\t''"
complete -c modelgate -n "__fish_modelgate_using_subcommand serve" -l tui -d 'Show the dashboard while the gateway serves'
complete -c modelgate -n "__fish_modelgate_using_subcommand serve" -l json -d 'Print JSON for scripts'
complete -c modelgate -n "__fish_modelgate_using_subcommand serve" -s q -l quiet -d 'Print only data, warnings and errors'
complete -c modelgate -n "__fish_modelgate_using_subcommand serve" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c modelgate -n "__fish_modelgate_using_subcommand dashboard" -l theme -d 'The ground on which colours must be read; auto goes by $COLORFGBG, else dark' -r -f -a "auto\t''
dark\t''
light\t''"
complete -c modelgate -n "__fish_modelgate_using_subcommand dashboard" -l url -d 'Address of a gateway, instead of $MODELGATE_URL or the one that runs on this machine' -r -f
complete -c modelgate -n "__fish_modelgate_using_subcommand dashboard" -l key -d 'Its management key; $MODELGATE_MANAGEMENT_KEY says it without showing it in the list of processes' -r
complete -c modelgate -n "__fish_modelgate_using_subcommand dashboard" -l config -d 'Configuration file; otherwise $MODELGATE_CONFIG, ./modelgate.yaml, or the one in your configuration directory' -r -F
complete -c modelgate -n "__fish_modelgate_using_subcommand dashboard" -l color -d 'When to use colour; NO_COLOR in the environment counts too' -r -f -a "auto\t''
always\t''
never\t''"
complete -c modelgate -n "__fish_modelgate_using_subcommand dashboard" -l json -d 'Print JSON for scripts'
complete -c modelgate -n "__fish_modelgate_using_subcommand dashboard" -s q -l quiet -d 'Print only data, warnings and errors'
complete -c modelgate -n "__fish_modelgate_using_subcommand dashboard" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c modelgate -n "__fish_modelgate_using_subcommand login" -l label -d 'A name for the account, for people' -r
complete -c modelgate -n "__fish_modelgate_using_subcommand login" -l project -d 'A project of Google Cloud that requests are for, several times or with commas for several; `all` for every one (gemini, antigravity)' -r
complete -c modelgate -n "__fish_modelgate_using_subcommand login" -l import -d 'Take over an account from the file of the provider\'s own program (kiro)' -r -F
complete -c modelgate -n "__fish_modelgate_using_subcommand login" -l with -d 'Log in to an account of Kiro that belongs to Google or GitHub' -r -f -a "google\t''
github\t''"
complete -c modelgate -n "__fish_modelgate_using_subcommand login" -l config -d 'Configuration file; otherwise $MODELGATE_CONFIG, ./modelgate.yaml, or the one in your configuration directory' -r -F
complete -c modelgate -n "__fish_modelgate_using_subcommand login" -l color -d 'When to use colour; NO_COLOR in the environment counts too' -r -f -a "auto\t''
always\t''
never\t''"
complete -c modelgate -n "__fish_modelgate_using_subcommand login" -l list -d 'List the providers, what their logins lack, and how many accounts there are'
complete -c modelgate -n "__fish_modelgate_using_subcommand login" -l cookie -d 'Log in with the cookie of the provider\'s web page, read from stdin (iflow)'
complete -c modelgate -n "__fish_modelgate_using_subcommand login" -l no-browser -d 'Open no browser; print the address only'
complete -c modelgate -n "__fish_modelgate_using_subcommand login" -s y -l yes -d 'Do not ask whether the provider\'s terms are known'
complete -c modelgate -n "__fish_modelgate_using_subcommand login" -l json -d 'Print JSON for scripts'
complete -c modelgate -n "__fish_modelgate_using_subcommand login" -s q -l quiet -d 'Print only data, warnings and errors'
complete -c modelgate -n "__fish_modelgate_using_subcommand login" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c modelgate -n "__fish_modelgate_using_subcommand logout" -l config -d 'Configuration file; otherwise $MODELGATE_CONFIG, ./modelgate.yaml, or the one in your configuration directory' -r -F
complete -c modelgate -n "__fish_modelgate_using_subcommand logout" -l color -d 'When to use colour; NO_COLOR in the environment counts too' -r -f -a "auto\t''
always\t''
never\t''"
complete -c modelgate -n "__fish_modelgate_using_subcommand logout" -s y -l yes -d 'Do not ask'
complete -c modelgate -n "__fish_modelgate_using_subcommand logout" -l json -d 'Print JSON for scripts'
complete -c modelgate -n "__fish_modelgate_using_subcommand logout" -s q -l quiet -d 'Print only data, warnings and errors'
complete -c modelgate -n "__fish_modelgate_using_subcommand logout" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c modelgate -n "__fish_modelgate_using_subcommand models" -l config -d 'Configuration file; otherwise $MODELGATE_CONFIG, ./modelgate.yaml, or the one in your configuration directory' -r -F
complete -c modelgate -n "__fish_modelgate_using_subcommand models" -l color -d 'When to use colour; NO_COLOR in the environment counts too' -r -f -a "auto\t''
always\t''
never\t''"
complete -c modelgate -n "__fish_modelgate_using_subcommand models" -l json -d 'Print JSON for scripts'
complete -c modelgate -n "__fish_modelgate_using_subcommand models" -s q -l quiet -d 'Print only data, warnings and errors'
complete -c modelgate -n "__fish_modelgate_using_subcommand models" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c modelgate -n "__fish_modelgate_using_subcommand accounts; and not __fish_seen_subcommand_from enable disable clear-cooldown refresh remove help" -l url -d 'Address of a gateway, instead of $MODELGATE_URL or the one that runs on this machine' -r -f
complete -c modelgate -n "__fish_modelgate_using_subcommand accounts; and not __fish_seen_subcommand_from enable disable clear-cooldown refresh remove help" -l key -d 'Its management key; $MODELGATE_MANAGEMENT_KEY says it without showing it in the list of processes' -r
complete -c modelgate -n "__fish_modelgate_using_subcommand accounts; and not __fish_seen_subcommand_from enable disable clear-cooldown refresh remove help" -l config -d 'Configuration file; otherwise $MODELGATE_CONFIG, ./modelgate.yaml, or the one in your configuration directory' -r -F
complete -c modelgate -n "__fish_modelgate_using_subcommand accounts; and not __fish_seen_subcommand_from enable disable clear-cooldown refresh remove help" -l color -d 'When to use colour; NO_COLOR in the environment counts too' -r -f -a "auto\t''
always\t''
never\t''"
complete -c modelgate -n "__fish_modelgate_using_subcommand accounts; and not __fish_seen_subcommand_from enable disable clear-cooldown refresh remove help" -l json -d 'Print JSON for scripts'
complete -c modelgate -n "__fish_modelgate_using_subcommand accounts; and not __fish_seen_subcommand_from enable disable clear-cooldown refresh remove help" -s q -l quiet -d 'Print only data, warnings and errors'
complete -c modelgate -n "__fish_modelgate_using_subcommand accounts; and not __fish_seen_subcommand_from enable disable clear-cooldown refresh remove help" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c modelgate -n "__fish_modelgate_using_subcommand accounts; and not __fish_seen_subcommand_from enable disable clear-cooldown refresh remove help" -f -a "enable" -d 'Send requests with an account again'
complete -c modelgate -n "__fish_modelgate_using_subcommand accounts; and not __fish_seen_subcommand_from enable disable clear-cooldown refresh remove help" -f -a "disable" -d 'Send no more requests with an account'
complete -c modelgate -n "__fish_modelgate_using_subcommand accounts; and not __fish_seen_subcommand_from enable disable clear-cooldown refresh remove help" -f -a "clear-cooldown" -d 'Try an account again at once, whatever made it cool down'
complete -c modelgate -n "__fish_modelgate_using_subcommand accounts; and not __fish_seen_subcommand_from enable disable clear-cooldown refresh remove help" -f -a "refresh" -d 'Renew the access token of an account now'
complete -c modelgate -n "__fish_modelgate_using_subcommand accounts; and not __fish_seen_subcommand_from enable disable clear-cooldown refresh remove help" -f -a "remove" -d 'Forget an account and delete its file'
complete -c modelgate -n "__fish_modelgate_using_subcommand accounts; and not __fish_seen_subcommand_from enable disable clear-cooldown refresh remove help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c modelgate -n "__fish_modelgate_using_subcommand accounts; and __fish_seen_subcommand_from enable" -l url -d 'Address of a gateway, instead of $MODELGATE_URL or the one that runs on this machine' -r -f
complete -c modelgate -n "__fish_modelgate_using_subcommand accounts; and __fish_seen_subcommand_from enable" -l key -d 'Its management key; $MODELGATE_MANAGEMENT_KEY says it without showing it in the list of processes' -r
complete -c modelgate -n "__fish_modelgate_using_subcommand accounts; and __fish_seen_subcommand_from enable" -l config -d 'Configuration file; otherwise $MODELGATE_CONFIG, ./modelgate.yaml, or the one in your configuration directory' -r -F
complete -c modelgate -n "__fish_modelgate_using_subcommand accounts; and __fish_seen_subcommand_from enable" -l color -d 'When to use colour; NO_COLOR in the environment counts too' -r -f -a "auto\t''
always\t''
never\t''"
complete -c modelgate -n "__fish_modelgate_using_subcommand accounts; and __fish_seen_subcommand_from enable" -l json -d 'Print JSON for scripts'
complete -c modelgate -n "__fish_modelgate_using_subcommand accounts; and __fish_seen_subcommand_from enable" -s q -l quiet -d 'Print only data, warnings and errors'
complete -c modelgate -n "__fish_modelgate_using_subcommand accounts; and __fish_seen_subcommand_from enable" -s h -l help -d 'Print help'
complete -c modelgate -n "__fish_modelgate_using_subcommand accounts; and __fish_seen_subcommand_from disable" -l url -d 'Address of a gateway, instead of $MODELGATE_URL or the one that runs on this machine' -r -f
complete -c modelgate -n "__fish_modelgate_using_subcommand accounts; and __fish_seen_subcommand_from disable" -l key -d 'Its management key; $MODELGATE_MANAGEMENT_KEY says it without showing it in the list of processes' -r
complete -c modelgate -n "__fish_modelgate_using_subcommand accounts; and __fish_seen_subcommand_from disable" -l config -d 'Configuration file; otherwise $MODELGATE_CONFIG, ./modelgate.yaml, or the one in your configuration directory' -r -F
complete -c modelgate -n "__fish_modelgate_using_subcommand accounts; and __fish_seen_subcommand_from disable" -l color -d 'When to use colour; NO_COLOR in the environment counts too' -r -f -a "auto\t''
always\t''
never\t''"
complete -c modelgate -n "__fish_modelgate_using_subcommand accounts; and __fish_seen_subcommand_from disable" -l json -d 'Print JSON for scripts'
complete -c modelgate -n "__fish_modelgate_using_subcommand accounts; and __fish_seen_subcommand_from disable" -s q -l quiet -d 'Print only data, warnings and errors'
complete -c modelgate -n "__fish_modelgate_using_subcommand accounts; and __fish_seen_subcommand_from disable" -s h -l help -d 'Print help'
complete -c modelgate -n "__fish_modelgate_using_subcommand accounts; and __fish_seen_subcommand_from clear-cooldown" -l url -d 'Address of a gateway, instead of $MODELGATE_URL or the one that runs on this machine' -r -f
complete -c modelgate -n "__fish_modelgate_using_subcommand accounts; and __fish_seen_subcommand_from clear-cooldown" -l key -d 'Its management key; $MODELGATE_MANAGEMENT_KEY says it without showing it in the list of processes' -r
complete -c modelgate -n "__fish_modelgate_using_subcommand accounts; and __fish_seen_subcommand_from clear-cooldown" -l config -d 'Configuration file; otherwise $MODELGATE_CONFIG, ./modelgate.yaml, or the one in your configuration directory' -r -F
complete -c modelgate -n "__fish_modelgate_using_subcommand accounts; and __fish_seen_subcommand_from clear-cooldown" -l color -d 'When to use colour; NO_COLOR in the environment counts too' -r -f -a "auto\t''
always\t''
never\t''"
complete -c modelgate -n "__fish_modelgate_using_subcommand accounts; and __fish_seen_subcommand_from clear-cooldown" -l json -d 'Print JSON for scripts'
complete -c modelgate -n "__fish_modelgate_using_subcommand accounts; and __fish_seen_subcommand_from clear-cooldown" -s q -l quiet -d 'Print only data, warnings and errors'
complete -c modelgate -n "__fish_modelgate_using_subcommand accounts; and __fish_seen_subcommand_from clear-cooldown" -s h -l help -d 'Print help'
complete -c modelgate -n "__fish_modelgate_using_subcommand accounts; and __fish_seen_subcommand_from refresh" -l url -d 'Address of a gateway, instead of $MODELGATE_URL or the one that runs on this machine' -r -f
complete -c modelgate -n "__fish_modelgate_using_subcommand accounts; and __fish_seen_subcommand_from refresh" -l key -d 'Its management key; $MODELGATE_MANAGEMENT_KEY says it without showing it in the list of processes' -r
complete -c modelgate -n "__fish_modelgate_using_subcommand accounts; and __fish_seen_subcommand_from refresh" -l config -d 'Configuration file; otherwise $MODELGATE_CONFIG, ./modelgate.yaml, or the one in your configuration directory' -r -F
complete -c modelgate -n "__fish_modelgate_using_subcommand accounts; and __fish_seen_subcommand_from refresh" -l color -d 'When to use colour; NO_COLOR in the environment counts too' -r -f -a "auto\t''
always\t''
never\t''"
complete -c modelgate -n "__fish_modelgate_using_subcommand accounts; and __fish_seen_subcommand_from refresh" -l json -d 'Print JSON for scripts'
complete -c modelgate -n "__fish_modelgate_using_subcommand accounts; and __fish_seen_subcommand_from refresh" -s q -l quiet -d 'Print only data, warnings and errors'
complete -c modelgate -n "__fish_modelgate_using_subcommand accounts; and __fish_seen_subcommand_from refresh" -s h -l help -d 'Print help'
complete -c modelgate -n "__fish_modelgate_using_subcommand accounts; and __fish_seen_subcommand_from remove" -l url -d 'Address of a gateway, instead of $MODELGATE_URL or the one that runs on this machine' -r -f
complete -c modelgate -n "__fish_modelgate_using_subcommand accounts; and __fish_seen_subcommand_from remove" -l key -d 'Its management key; $MODELGATE_MANAGEMENT_KEY says it without showing it in the list of processes' -r
complete -c modelgate -n "__fish_modelgate_using_subcommand accounts; and __fish_seen_subcommand_from remove" -l config -d 'Configuration file; otherwise $MODELGATE_CONFIG, ./modelgate.yaml, or the one in your configuration directory' -r -F
complete -c modelgate -n "__fish_modelgate_using_subcommand accounts; and __fish_seen_subcommand_from remove" -l color -d 'When to use colour; NO_COLOR in the environment counts too' -r -f -a "auto\t''
always\t''
never\t''"
complete -c modelgate -n "__fish_modelgate_using_subcommand accounts; and __fish_seen_subcommand_from remove" -s y -l yes -d 'Do not ask'
complete -c modelgate -n "__fish_modelgate_using_subcommand accounts; and __fish_seen_subcommand_from remove" -l json -d 'Print JSON for scripts'
complete -c modelgate -n "__fish_modelgate_using_subcommand accounts; and __fish_seen_subcommand_from remove" -s q -l quiet -d 'Print only data, warnings and errors'
complete -c modelgate -n "__fish_modelgate_using_subcommand accounts; and __fish_seen_subcommand_from remove" -s h -l help -d 'Print help'
complete -c modelgate -n "__fish_modelgate_using_subcommand accounts; and __fish_seen_subcommand_from help" -f -a "enable" -d 'Send requests with an account again'
complete -c modelgate -n "__fish_modelgate_using_subcommand accounts; and __fish_seen_subcommand_from help" -f -a "disable" -d 'Send no more requests with an account'
complete -c modelgate -n "__fish_modelgate_using_subcommand accounts; and __fish_seen_subcommand_from help" -f -a "clear-cooldown" -d 'Try an account again at once, whatever made it cool down'
complete -c modelgate -n "__fish_modelgate_using_subcommand accounts; and __fish_seen_subcommand_from help" -f -a "refresh" -d 'Renew the access token of an account now'
complete -c modelgate -n "__fish_modelgate_using_subcommand accounts; and __fish_seen_subcommand_from help" -f -a "remove" -d 'Forget an account and delete its file'
complete -c modelgate -n "__fish_modelgate_using_subcommand accounts; and __fish_seen_subcommand_from help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c modelgate -n "__fish_modelgate_using_subcommand keys; and not __fish_seen_subcommand_from list add revoke rotate provider help" -l url -d 'Address of a gateway, instead of $MODELGATE_URL or the one that runs on this machine' -r -f
complete -c modelgate -n "__fish_modelgate_using_subcommand keys; and not __fish_seen_subcommand_from list add revoke rotate provider help" -l key -d 'Its management key; $MODELGATE_MANAGEMENT_KEY says it without showing it in the list of processes' -r
complete -c modelgate -n "__fish_modelgate_using_subcommand keys; and not __fish_seen_subcommand_from list add revoke rotate provider help" -l config -d 'Configuration file; otherwise $MODELGATE_CONFIG, ./modelgate.yaml, or the one in your configuration directory' -r -F
complete -c modelgate -n "__fish_modelgate_using_subcommand keys; and not __fish_seen_subcommand_from list add revoke rotate provider help" -l color -d 'When to use colour; NO_COLOR in the environment counts too' -r -f -a "auto\t''
always\t''
never\t''"
complete -c modelgate -n "__fish_modelgate_using_subcommand keys; and not __fish_seen_subcommand_from list add revoke rotate provider help" -l json -d 'Print JSON for scripts'
complete -c modelgate -n "__fish_modelgate_using_subcommand keys; and not __fish_seen_subcommand_from list add revoke rotate provider help" -s q -l quiet -d 'Print only data, warnings and errors'
complete -c modelgate -n "__fish_modelgate_using_subcommand keys; and not __fish_seen_subcommand_from list add revoke rotate provider help" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c modelgate -n "__fish_modelgate_using_subcommand keys; and not __fish_seen_subcommand_from list add revoke rotate provider help" -f -a "list" -d 'List the client keys'
complete -c modelgate -n "__fish_modelgate_using_subcommand keys; and not __fish_seen_subcommand_from list add revoke rotate provider help" -f -a "add" -d 'Make a new client key and show it, this once'
complete -c modelgate -n "__fish_modelgate_using_subcommand keys; and not __fish_seen_subcommand_from list add revoke rotate provider help" -f -a "revoke" -d 'End a client key: who presents it is refused from now on'
complete -c modelgate -n "__fish_modelgate_using_subcommand keys; and not __fish_seen_subcommand_from list add revoke rotate provider help" -f -a "rotate" -d 'Replace a client key by a new one that may do the same, and show it, this once'
complete -c modelgate -n "__fish_modelgate_using_subcommand keys; and not __fish_seen_subcommand_from list add revoke rotate provider help" -f -a "provider" -d 'Show the keys that are presented to providers, add one, or remove one'
complete -c modelgate -n "__fish_modelgate_using_subcommand keys; and not __fish_seen_subcommand_from list add revoke rotate provider help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c modelgate -n "__fish_modelgate_using_subcommand keys; and __fish_seen_subcommand_from list" -l url -d 'Address of a gateway, instead of $MODELGATE_URL or the one that runs on this machine' -r -f
complete -c modelgate -n "__fish_modelgate_using_subcommand keys; and __fish_seen_subcommand_from list" -l key -d 'Its management key; $MODELGATE_MANAGEMENT_KEY says it without showing it in the list of processes' -r
complete -c modelgate -n "__fish_modelgate_using_subcommand keys; and __fish_seen_subcommand_from list" -l config -d 'Configuration file; otherwise $MODELGATE_CONFIG, ./modelgate.yaml, or the one in your configuration directory' -r -F
complete -c modelgate -n "__fish_modelgate_using_subcommand keys; and __fish_seen_subcommand_from list" -l color -d 'When to use colour; NO_COLOR in the environment counts too' -r -f -a "auto\t''
always\t''
never\t''"
complete -c modelgate -n "__fish_modelgate_using_subcommand keys; and __fish_seen_subcommand_from list" -l json -d 'Print JSON for scripts'
complete -c modelgate -n "__fish_modelgate_using_subcommand keys; and __fish_seen_subcommand_from list" -s q -l quiet -d 'Print only data, warnings and errors'
complete -c modelgate -n "__fish_modelgate_using_subcommand keys; and __fish_seen_subcommand_from list" -s h -l help -d 'Print help'
complete -c modelgate -n "__fish_modelgate_using_subcommand keys; and __fish_seen_subcommand_from add" -l name -d 'Whose key it is' -r
complete -c modelgate -n "__fish_modelgate_using_subcommand keys; and __fish_seen_subcommand_from add" -l models -d 'The models it may use, with * for anything; without it, all' -r
complete -c modelgate -n "__fish_modelgate_using_subcommand keys; and __fish_seen_subcommand_from add" -l expires -d 'From when it is refused: 2027-01-31 or 2027-01-31T18:00:00Z' -r
complete -c modelgate -n "__fish_modelgate_using_subcommand keys; and __fish_seen_subcommand_from add" -l url -d 'Address of a gateway, instead of $MODELGATE_URL or the one that runs on this machine' -r -f
complete -c modelgate -n "__fish_modelgate_using_subcommand keys; and __fish_seen_subcommand_from add" -l key -d 'Its management key; $MODELGATE_MANAGEMENT_KEY says it without showing it in the list of processes' -r
complete -c modelgate -n "__fish_modelgate_using_subcommand keys; and __fish_seen_subcommand_from add" -l config -d 'Configuration file; otherwise $MODELGATE_CONFIG, ./modelgate.yaml, or the one in your configuration directory' -r -F
complete -c modelgate -n "__fish_modelgate_using_subcommand keys; and __fish_seen_subcommand_from add" -l color -d 'When to use colour; NO_COLOR in the environment counts too' -r -f -a "auto\t''
always\t''
never\t''"
complete -c modelgate -n "__fish_modelgate_using_subcommand keys; and __fish_seen_subcommand_from add" -l json -d 'Print JSON for scripts'
complete -c modelgate -n "__fish_modelgate_using_subcommand keys; and __fish_seen_subcommand_from add" -s q -l quiet -d 'Print only data, warnings and errors'
complete -c modelgate -n "__fish_modelgate_using_subcommand keys; and __fish_seen_subcommand_from add" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c modelgate -n "__fish_modelgate_using_subcommand keys; and __fish_seen_subcommand_from revoke" -l url -d 'Address of a gateway, instead of $MODELGATE_URL or the one that runs on this machine' -r -f
complete -c modelgate -n "__fish_modelgate_using_subcommand keys; and __fish_seen_subcommand_from revoke" -l key -d 'Its management key; $MODELGATE_MANAGEMENT_KEY says it without showing it in the list of processes' -r
complete -c modelgate -n "__fish_modelgate_using_subcommand keys; and __fish_seen_subcommand_from revoke" -l config -d 'Configuration file; otherwise $MODELGATE_CONFIG, ./modelgate.yaml, or the one in your configuration directory' -r -F
complete -c modelgate -n "__fish_modelgate_using_subcommand keys; and __fish_seen_subcommand_from revoke" -l color -d 'When to use colour; NO_COLOR in the environment counts too' -r -f -a "auto\t''
always\t''
never\t''"
complete -c modelgate -n "__fish_modelgate_using_subcommand keys; and __fish_seen_subcommand_from revoke" -s y -l yes -d 'Do not ask'
complete -c modelgate -n "__fish_modelgate_using_subcommand keys; and __fish_seen_subcommand_from revoke" -l json -d 'Print JSON for scripts'
complete -c modelgate -n "__fish_modelgate_using_subcommand keys; and __fish_seen_subcommand_from revoke" -s q -l quiet -d 'Print only data, warnings and errors'
complete -c modelgate -n "__fish_modelgate_using_subcommand keys; and __fish_seen_subcommand_from revoke" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c modelgate -n "__fish_modelgate_using_subcommand keys; and __fish_seen_subcommand_from rotate" -l url -d 'Address of a gateway, instead of $MODELGATE_URL or the one that runs on this machine' -r -f
complete -c modelgate -n "__fish_modelgate_using_subcommand keys; and __fish_seen_subcommand_from rotate" -l key -d 'Its management key; $MODELGATE_MANAGEMENT_KEY says it without showing it in the list of processes' -r
complete -c modelgate -n "__fish_modelgate_using_subcommand keys; and __fish_seen_subcommand_from rotate" -l config -d 'Configuration file; otherwise $MODELGATE_CONFIG, ./modelgate.yaml, or the one in your configuration directory' -r -F
complete -c modelgate -n "__fish_modelgate_using_subcommand keys; and __fish_seen_subcommand_from rotate" -l color -d 'When to use colour; NO_COLOR in the environment counts too' -r -f -a "auto\t''
always\t''
never\t''"
complete -c modelgate -n "__fish_modelgate_using_subcommand keys; and __fish_seen_subcommand_from rotate" -l json -d 'Print JSON for scripts'
complete -c modelgate -n "__fish_modelgate_using_subcommand keys; and __fish_seen_subcommand_from rotate" -s q -l quiet -d 'Print only data, warnings and errors'
complete -c modelgate -n "__fish_modelgate_using_subcommand keys; and __fish_seen_subcommand_from rotate" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c modelgate -n "__fish_modelgate_using_subcommand keys; and __fish_seen_subcommand_from provider" -l url -d 'Address of a gateway, instead of $MODELGATE_URL or the one that runs on this machine' -r -f
complete -c modelgate -n "__fish_modelgate_using_subcommand keys; and __fish_seen_subcommand_from provider" -l key -d 'Its management key; $MODELGATE_MANAGEMENT_KEY says it without showing it in the list of processes' -r
complete -c modelgate -n "__fish_modelgate_using_subcommand keys; and __fish_seen_subcommand_from provider" -l config -d 'Configuration file; otherwise $MODELGATE_CONFIG, ./modelgate.yaml, or the one in your configuration directory' -r -F
complete -c modelgate -n "__fish_modelgate_using_subcommand keys; and __fish_seen_subcommand_from provider" -l color -d 'When to use colour; NO_COLOR in the environment counts too' -r -f -a "auto\t''
always\t''
never\t''"
complete -c modelgate -n "__fish_modelgate_using_subcommand keys; and __fish_seen_subcommand_from provider" -l json -d 'Print JSON for scripts'
complete -c modelgate -n "__fish_modelgate_using_subcommand keys; and __fish_seen_subcommand_from provider" -s q -l quiet -d 'Print only data, warnings and errors'
complete -c modelgate -n "__fish_modelgate_using_subcommand keys; and __fish_seen_subcommand_from provider" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c modelgate -n "__fish_modelgate_using_subcommand keys; and __fish_seen_subcommand_from provider" -f -a "list" -d 'List the provider keys of the configuration'
complete -c modelgate -n "__fish_modelgate_using_subcommand keys; and __fish_seen_subcommand_from provider" -f -a "add" -d 'Add a provider key to the configuration'
complete -c modelgate -n "__fish_modelgate_using_subcommand keys; and __fish_seen_subcommand_from provider" -f -a "remove" -d 'Remove an entry with its keys from the configuration'
complete -c modelgate -n "__fish_modelgate_using_subcommand keys; and __fish_seen_subcommand_from provider" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c modelgate -n "__fish_modelgate_using_subcommand keys; and __fish_seen_subcommand_from help" -f -a "list" -d 'List the client keys'
complete -c modelgate -n "__fish_modelgate_using_subcommand keys; and __fish_seen_subcommand_from help" -f -a "add" -d 'Make a new client key and show it, this once'
complete -c modelgate -n "__fish_modelgate_using_subcommand keys; and __fish_seen_subcommand_from help" -f -a "revoke" -d 'End a client key: who presents it is refused from now on'
complete -c modelgate -n "__fish_modelgate_using_subcommand keys; and __fish_seen_subcommand_from help" -f -a "rotate" -d 'Replace a client key by a new one that may do the same, and show it, this once'
complete -c modelgate -n "__fish_modelgate_using_subcommand keys; and __fish_seen_subcommand_from help" -f -a "provider" -d 'Show the keys that are presented to providers, add one, or remove one'
complete -c modelgate -n "__fish_modelgate_using_subcommand keys; and __fish_seen_subcommand_from help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c modelgate -n "__fish_modelgate_using_subcommand usage; and not __fish_seen_subcommand_from export import help" -l by -d 'What the sums are broken down by' -r -f -a "model\t''
key\t''
provider\t''
credential\t''
hour\t''
day\t''"
complete -c modelgate -n "__fish_modelgate_using_subcommand usage; and not __fish_seen_subcommand_from export import help" -l since -d 'From when on; without it and --until, the last 30 days' -r
complete -c modelgate -n "__fish_modelgate_using_subcommand usage; and not __fish_seen_subcommand_from export import help" -l until -d 'Until when; without it, now' -r
complete -c modelgate -n "__fish_modelgate_using_subcommand usage; and not __fish_seen_subcommand_from export import help" -l url -d 'Address of a gateway, instead of $MODELGATE_URL or the one that runs on this machine' -r -f
complete -c modelgate -n "__fish_modelgate_using_subcommand usage; and not __fish_seen_subcommand_from export import help" -l key -d 'Its management key; $MODELGATE_MANAGEMENT_KEY says it without showing it in the list of processes' -r
complete -c modelgate -n "__fish_modelgate_using_subcommand usage; and not __fish_seen_subcommand_from export import help" -l config -d 'Configuration file; otherwise $MODELGATE_CONFIG, ./modelgate.yaml, or the one in your configuration directory' -r -F
complete -c modelgate -n "__fish_modelgate_using_subcommand usage; and not __fish_seen_subcommand_from export import help" -l color -d 'When to use colour; NO_COLOR in the environment counts too' -r -f -a "auto\t''
always\t''
never\t''"
complete -c modelgate -n "__fish_modelgate_using_subcommand usage; and not __fish_seen_subcommand_from export import help" -l watch -d 'Show the sums again every two seconds, until Ctrl-C'
complete -c modelgate -n "__fish_modelgate_using_subcommand usage; and not __fish_seen_subcommand_from export import help" -l csv -d 'Print CSV; cells that a spreadsheet would take for a formula begin with an apostrophe'
complete -c modelgate -n "__fish_modelgate_using_subcommand usage; and not __fish_seen_subcommand_from export import help" -l json -d 'Print JSON for scripts'
complete -c modelgate -n "__fish_modelgate_using_subcommand usage; and not __fish_seen_subcommand_from export import help" -s q -l quiet -d 'Print only data, warnings and errors'
complete -c modelgate -n "__fish_modelgate_using_subcommand usage; and not __fish_seen_subcommand_from export import help" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c modelgate -n "__fish_modelgate_using_subcommand usage; and not __fish_seen_subcommand_from export import help" -f -a "export" -d 'Write every request of a time to stdout'
complete -c modelgate -n "__fish_modelgate_using_subcommand usage; and not __fish_seen_subcommand_from export import help" -f -a "import" -d 'Take over the usage of another gateway'
complete -c modelgate -n "__fish_modelgate_using_subcommand usage; and not __fish_seen_subcommand_from export import help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c modelgate -n "__fish_modelgate_using_subcommand usage; and __fish_seen_subcommand_from export" -l format -d 'The form: `json` is what `usage import` and programs of the same family read' -r -f -a "json\t''
jsonl\t''
csv\t''"
complete -c modelgate -n "__fish_modelgate_using_subcommand usage; and __fish_seen_subcommand_from export" -l since -d 'From when on; without it and --until, the last 30 days' -r
complete -c modelgate -n "__fish_modelgate_using_subcommand usage; and __fish_seen_subcommand_from export" -l until -d 'Until when; without it, now' -r
complete -c modelgate -n "__fish_modelgate_using_subcommand usage; and __fish_seen_subcommand_from export" -l url -d 'Address of a gateway, instead of $MODELGATE_URL or the one that runs on this machine' -r -f
complete -c modelgate -n "__fish_modelgate_using_subcommand usage; and __fish_seen_subcommand_from export" -l key -d 'Its management key; $MODELGATE_MANAGEMENT_KEY says it without showing it in the list of processes' -r
complete -c modelgate -n "__fish_modelgate_using_subcommand usage; and __fish_seen_subcommand_from export" -l config -d 'Configuration file; otherwise $MODELGATE_CONFIG, ./modelgate.yaml, or the one in your configuration directory' -r -F
complete -c modelgate -n "__fish_modelgate_using_subcommand usage; and __fish_seen_subcommand_from export" -l color -d 'When to use colour; NO_COLOR in the environment counts too' -r -f -a "auto\t''
always\t''
never\t''"
complete -c modelgate -n "__fish_modelgate_using_subcommand usage; and __fish_seen_subcommand_from export" -l json -d 'Print JSON for scripts'
complete -c modelgate -n "__fish_modelgate_using_subcommand usage; and __fish_seen_subcommand_from export" -s q -l quiet -d 'Print only data, warnings and errors'
complete -c modelgate -n "__fish_modelgate_using_subcommand usage; and __fish_seen_subcommand_from export" -s h -l help -d 'Print help'
complete -c modelgate -n "__fish_modelgate_using_subcommand usage; and __fish_seen_subcommand_from import" -l url -d 'Address of a gateway, instead of $MODELGATE_URL or the one that runs on this machine' -r -f
complete -c modelgate -n "__fish_modelgate_using_subcommand usage; and __fish_seen_subcommand_from import" -l key -d 'Its management key; $MODELGATE_MANAGEMENT_KEY says it without showing it in the list of processes' -r
complete -c modelgate -n "__fish_modelgate_using_subcommand usage; and __fish_seen_subcommand_from import" -l config -d 'Configuration file; otherwise $MODELGATE_CONFIG, ./modelgate.yaml, or the one in your configuration directory' -r -F
complete -c modelgate -n "__fish_modelgate_using_subcommand usage; and __fish_seen_subcommand_from import" -l color -d 'When to use colour; NO_COLOR in the environment counts too' -r -f -a "auto\t''
always\t''
never\t''"
complete -c modelgate -n "__fish_modelgate_using_subcommand usage; and __fish_seen_subcommand_from import" -l json -d 'Print JSON for scripts'
complete -c modelgate -n "__fish_modelgate_using_subcommand usage; and __fish_seen_subcommand_from import" -s q -l quiet -d 'Print only data, warnings and errors'
complete -c modelgate -n "__fish_modelgate_using_subcommand usage; and __fish_seen_subcommand_from import" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c modelgate -n "__fish_modelgate_using_subcommand usage; and __fish_seen_subcommand_from help" -f -a "export" -d 'Write every request of a time to stdout'
complete -c modelgate -n "__fish_modelgate_using_subcommand usage; and __fish_seen_subcommand_from help" -f -a "import" -d 'Take over the usage of another gateway'
complete -c modelgate -n "__fish_modelgate_using_subcommand usage; and __fish_seen_subcommand_from help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c modelgate -n "__fish_modelgate_using_subcommand why" -l limit -d 'How many requests to list' -r
complete -c modelgate -n "__fish_modelgate_using_subcommand why" -l url -d 'Address of a gateway, instead of $MODELGATE_URL or the one that runs on this machine' -r -f
complete -c modelgate -n "__fish_modelgate_using_subcommand why" -l key -d 'Its management key; $MODELGATE_MANAGEMENT_KEY says it without showing it in the list of processes' -r
complete -c modelgate -n "__fish_modelgate_using_subcommand why" -l config -d 'Configuration file; otherwise $MODELGATE_CONFIG, ./modelgate.yaml, or the one in your configuration directory' -r -F
complete -c modelgate -n "__fish_modelgate_using_subcommand why" -l color -d 'When to use colour; NO_COLOR in the environment counts too' -r -f -a "auto\t''
always\t''
never\t''"
complete -c modelgate -n "__fish_modelgate_using_subcommand why" -l json -d 'Print JSON for scripts'
complete -c modelgate -n "__fish_modelgate_using_subcommand why" -s q -l quiet -d 'Print only data, warnings and errors'
complete -c modelgate -n "__fish_modelgate_using_subcommand why" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c modelgate -n "__fish_modelgate_using_subcommand route" -l session -d 'The session, as a client would name it' -r
complete -c modelgate -n "__fish_modelgate_using_subcommand route" -l url -d 'Address of a gateway, instead of $MODELGATE_URL or the one that runs on this machine' -r -f
complete -c modelgate -n "__fish_modelgate_using_subcommand route" -l key -d 'Its management key; $MODELGATE_MANAGEMENT_KEY says it without showing it in the list of processes' -r
complete -c modelgate -n "__fish_modelgate_using_subcommand route" -l config -d 'Configuration file; otherwise $MODELGATE_CONFIG, ./modelgate.yaml, or the one in your configuration directory' -r -F
complete -c modelgate -n "__fish_modelgate_using_subcommand route" -l color -d 'When to use colour; NO_COLOR in the environment counts too' -r -f -a "auto\t''
always\t''
never\t''"
complete -c modelgate -n "__fish_modelgate_using_subcommand route" -l json -d 'Print JSON for scripts'
complete -c modelgate -n "__fish_modelgate_using_subcommand route" -s q -l quiet -d 'Print only data, warnings and errors'
complete -c modelgate -n "__fish_modelgate_using_subcommand route" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c modelgate -n "__fish_modelgate_using_subcommand logs" -s n -l limit -d 'How many of the last lines to show' -r
complete -c modelgate -n "__fish_modelgate_using_subcommand logs" -l level -d 'Only lines that matter so much, or more: error, warn, info, debug or trace' -r
complete -c modelgate -n "__fish_modelgate_using_subcommand logs" -l grep -d 'Only lines that hold this text' -r
complete -c modelgate -n "__fish_modelgate_using_subcommand logs" -l request -d 'Only lines about this request, as `x-request-id` of its answer names it' -r
complete -c modelgate -n "__fish_modelgate_using_subcommand logs" -l url -d 'Address of a gateway, instead of $MODELGATE_URL or the one that runs on this machine' -r -f
complete -c modelgate -n "__fish_modelgate_using_subcommand logs" -l key -d 'Its management key; $MODELGATE_MANAGEMENT_KEY says it without showing it in the list of processes' -r
complete -c modelgate -n "__fish_modelgate_using_subcommand logs" -l config -d 'Configuration file; otherwise $MODELGATE_CONFIG, ./modelgate.yaml, or the one in your configuration directory' -r -F
complete -c modelgate -n "__fish_modelgate_using_subcommand logs" -l color -d 'When to use colour; NO_COLOR in the environment counts too' -r -f -a "auto\t''
always\t''
never\t''"
complete -c modelgate -n "__fish_modelgate_using_subcommand logs" -s f -l follow -d 'Show what is logged from now on too, until Ctrl-C'
complete -c modelgate -n "__fish_modelgate_using_subcommand logs" -l json -d 'Print JSON for scripts'
complete -c modelgate -n "__fish_modelgate_using_subcommand logs" -s q -l quiet -d 'Print only data, warnings and errors'
complete -c modelgate -n "__fish_modelgate_using_subcommand logs" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c modelgate -n "__fish_modelgate_using_subcommand config; and not __fish_seen_subcommand_from init check show path get set unset edit help" -l config -d 'Configuration file; otherwise $MODELGATE_CONFIG, ./modelgate.yaml, or the one in your configuration directory' -r -F
complete -c modelgate -n "__fish_modelgate_using_subcommand config; and not __fish_seen_subcommand_from init check show path get set unset edit help" -l color -d 'When to use colour; NO_COLOR in the environment counts too' -r -f -a "auto\t''
always\t''
never\t''"
complete -c modelgate -n "__fish_modelgate_using_subcommand config; and not __fish_seen_subcommand_from init check show path get set unset edit help" -l json -d 'Print JSON for scripts'
complete -c modelgate -n "__fish_modelgate_using_subcommand config; and not __fish_seen_subcommand_from init check show path get set unset edit help" -s q -l quiet -d 'Print only data, warnings and errors'
complete -c modelgate -n "__fish_modelgate_using_subcommand config; and not __fish_seen_subcommand_from init check show path get set unset edit help" -s h -l help -d 'Print help'
complete -c modelgate -n "__fish_modelgate_using_subcommand config; and not __fish_seen_subcommand_from init check show path get set unset edit help" -f -a "init" -d 'Write a commented configuration file with one new client key'
complete -c modelgate -n "__fish_modelgate_using_subcommand config; and not __fish_seen_subcommand_from init check show path get set unset edit help" -f -a "check" -d 'Check the configuration file and list everything that is wrong with it'
complete -c modelgate -n "__fish_modelgate_using_subcommand config; and not __fish_seen_subcommand_from init check show path get set unset edit help" -f -a "show" -d 'Show the settings that count: the file, the environment and the defaults together'
complete -c modelgate -n "__fish_modelgate_using_subcommand config; and not __fish_seen_subcommand_from init check show path get set unset edit help" -f -a "path" -d 'Print where the configuration file is, or would be'
complete -c modelgate -n "__fish_modelgate_using_subcommand config; and not __fish_seen_subcommand_from init check show path get set unset edit help" -f -a "get" -d 'Print one setting of the configuration file'
complete -c modelgate -n "__fish_modelgate_using_subcommand config; and not __fish_seen_subcommand_from init check show path get set unset edit help" -f -a "set" -d 'Change one setting of the configuration file, which is put to use at once'
complete -c modelgate -n "__fish_modelgate_using_subcommand config; and not __fish_seen_subcommand_from init check show path get set unset edit help" -f -a "unset" -d 'Take one setting out of the configuration file, so that its default counts'
complete -c modelgate -n "__fish_modelgate_using_subcommand config; and not __fish_seen_subcommand_from init check show path get set unset edit help" -f -a "edit" -d 'Change the configuration file in your editor'
complete -c modelgate -n "__fish_modelgate_using_subcommand config; and not __fish_seen_subcommand_from init check show path get set unset edit help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c modelgate -n "__fish_modelgate_using_subcommand config; and __fish_seen_subcommand_from init" -l config -d 'Configuration file; otherwise $MODELGATE_CONFIG, ./modelgate.yaml, or the one in your configuration directory' -r -F
complete -c modelgate -n "__fish_modelgate_using_subcommand config; and __fish_seen_subcommand_from init" -l color -d 'When to use colour; NO_COLOR in the environment counts too' -r -f -a "auto\t''
always\t''
never\t''"
complete -c modelgate -n "__fish_modelgate_using_subcommand config; and __fish_seen_subcommand_from init" -l force -d 'Replace a file that is already there'
complete -c modelgate -n "__fish_modelgate_using_subcommand config; and __fish_seen_subcommand_from init" -l json -d 'Print JSON for scripts'
complete -c modelgate -n "__fish_modelgate_using_subcommand config; and __fish_seen_subcommand_from init" -s q -l quiet -d 'Print only data, warnings and errors'
complete -c modelgate -n "__fish_modelgate_using_subcommand config; and __fish_seen_subcommand_from init" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c modelgate -n "__fish_modelgate_using_subcommand config; and __fish_seen_subcommand_from check" -l config -d 'Configuration file; otherwise $MODELGATE_CONFIG, ./modelgate.yaml, or the one in your configuration directory' -r -F
complete -c modelgate -n "__fish_modelgate_using_subcommand config; and __fish_seen_subcommand_from check" -l color -d 'When to use colour; NO_COLOR in the environment counts too' -r -f -a "auto\t''
always\t''
never\t''"
complete -c modelgate -n "__fish_modelgate_using_subcommand config; and __fish_seen_subcommand_from check" -l json -d 'Print JSON for scripts'
complete -c modelgate -n "__fish_modelgate_using_subcommand config; and __fish_seen_subcommand_from check" -s q -l quiet -d 'Print only data, warnings and errors'
complete -c modelgate -n "__fish_modelgate_using_subcommand config; and __fish_seen_subcommand_from check" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c modelgate -n "__fish_modelgate_using_subcommand config; and __fish_seen_subcommand_from show" -l config -d 'Configuration file; otherwise $MODELGATE_CONFIG, ./modelgate.yaml, or the one in your configuration directory' -r -F
complete -c modelgate -n "__fish_modelgate_using_subcommand config; and __fish_seen_subcommand_from show" -l color -d 'When to use colour; NO_COLOR in the environment counts too' -r -f -a "auto\t''
always\t''
never\t''"
complete -c modelgate -n "__fish_modelgate_using_subcommand config; and __fish_seen_subcommand_from show" -l json -d 'Print JSON for scripts'
complete -c modelgate -n "__fish_modelgate_using_subcommand config; and __fish_seen_subcommand_from show" -s q -l quiet -d 'Print only data, warnings and errors'
complete -c modelgate -n "__fish_modelgate_using_subcommand config; and __fish_seen_subcommand_from show" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c modelgate -n "__fish_modelgate_using_subcommand config; and __fish_seen_subcommand_from path" -l config -d 'Configuration file; otherwise $MODELGATE_CONFIG, ./modelgate.yaml, or the one in your configuration directory' -r -F
complete -c modelgate -n "__fish_modelgate_using_subcommand config; and __fish_seen_subcommand_from path" -l color -d 'When to use colour; NO_COLOR in the environment counts too' -r -f -a "auto\t''
always\t''
never\t''"
complete -c modelgate -n "__fish_modelgate_using_subcommand config; and __fish_seen_subcommand_from path" -l json -d 'Print JSON for scripts'
complete -c modelgate -n "__fish_modelgate_using_subcommand config; and __fish_seen_subcommand_from path" -s q -l quiet -d 'Print only data, warnings and errors'
complete -c modelgate -n "__fish_modelgate_using_subcommand config; and __fish_seen_subcommand_from path" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c modelgate -n "__fish_modelgate_using_subcommand config; and __fish_seen_subcommand_from get" -l url -d 'Address of a gateway, instead of $MODELGATE_URL or the one that runs on this machine' -r -f
complete -c modelgate -n "__fish_modelgate_using_subcommand config; and __fish_seen_subcommand_from get" -l key -d 'Its management key; $MODELGATE_MANAGEMENT_KEY says it without showing it in the list of processes' -r
complete -c modelgate -n "__fish_modelgate_using_subcommand config; and __fish_seen_subcommand_from get" -l config -d 'Configuration file; otherwise $MODELGATE_CONFIG, ./modelgate.yaml, or the one in your configuration directory' -r -F
complete -c modelgate -n "__fish_modelgate_using_subcommand config; and __fish_seen_subcommand_from get" -l color -d 'When to use colour; NO_COLOR in the environment counts too' -r -f -a "auto\t''
always\t''
never\t''"
complete -c modelgate -n "__fish_modelgate_using_subcommand config; and __fish_seen_subcommand_from get" -l show-secrets -d 'Show secrets in clear'
complete -c modelgate -n "__fish_modelgate_using_subcommand config; and __fish_seen_subcommand_from get" -l json -d 'Print JSON for scripts'
complete -c modelgate -n "__fish_modelgate_using_subcommand config; and __fish_seen_subcommand_from get" -s q -l quiet -d 'Print only data, warnings and errors'
complete -c modelgate -n "__fish_modelgate_using_subcommand config; and __fish_seen_subcommand_from get" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c modelgate -n "__fish_modelgate_using_subcommand config; and __fish_seen_subcommand_from set" -l url -d 'Address of a gateway, instead of $MODELGATE_URL or the one that runs on this machine' -r -f
complete -c modelgate -n "__fish_modelgate_using_subcommand config; and __fish_seen_subcommand_from set" -l key -d 'Its management key; $MODELGATE_MANAGEMENT_KEY says it without showing it in the list of processes' -r
complete -c modelgate -n "__fish_modelgate_using_subcommand config; and __fish_seen_subcommand_from set" -l config -d 'Configuration file; otherwise $MODELGATE_CONFIG, ./modelgate.yaml, or the one in your configuration directory' -r -F
complete -c modelgate -n "__fish_modelgate_using_subcommand config; and __fish_seen_subcommand_from set" -l color -d 'When to use colour; NO_COLOR in the environment counts too' -r -f -a "auto\t''
always\t''
never\t''"
complete -c modelgate -n "__fish_modelgate_using_subcommand config; and __fish_seen_subcommand_from set" -l json -d 'Print JSON for scripts'
complete -c modelgate -n "__fish_modelgate_using_subcommand config; and __fish_seen_subcommand_from set" -s q -l quiet -d 'Print only data, warnings and errors'
complete -c modelgate -n "__fish_modelgate_using_subcommand config; and __fish_seen_subcommand_from set" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c modelgate -n "__fish_modelgate_using_subcommand config; and __fish_seen_subcommand_from unset" -l url -d 'Address of a gateway, instead of $MODELGATE_URL or the one that runs on this machine' -r -f
complete -c modelgate -n "__fish_modelgate_using_subcommand config; and __fish_seen_subcommand_from unset" -l key -d 'Its management key; $MODELGATE_MANAGEMENT_KEY says it without showing it in the list of processes' -r
complete -c modelgate -n "__fish_modelgate_using_subcommand config; and __fish_seen_subcommand_from unset" -l config -d 'Configuration file; otherwise $MODELGATE_CONFIG, ./modelgate.yaml, or the one in your configuration directory' -r -F
complete -c modelgate -n "__fish_modelgate_using_subcommand config; and __fish_seen_subcommand_from unset" -l color -d 'When to use colour; NO_COLOR in the environment counts too' -r -f -a "auto\t''
always\t''
never\t''"
complete -c modelgate -n "__fish_modelgate_using_subcommand config; and __fish_seen_subcommand_from unset" -l json -d 'Print JSON for scripts'
complete -c modelgate -n "__fish_modelgate_using_subcommand config; and __fish_seen_subcommand_from unset" -s q -l quiet -d 'Print only data, warnings and errors'
complete -c modelgate -n "__fish_modelgate_using_subcommand config; and __fish_seen_subcommand_from unset" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c modelgate -n "__fish_modelgate_using_subcommand config; and __fish_seen_subcommand_from edit" -l url -d 'Address of a gateway, instead of $MODELGATE_URL or the one that runs on this machine' -r -f
complete -c modelgate -n "__fish_modelgate_using_subcommand config; and __fish_seen_subcommand_from edit" -l key -d 'Its management key; $MODELGATE_MANAGEMENT_KEY says it without showing it in the list of processes' -r
complete -c modelgate -n "__fish_modelgate_using_subcommand config; and __fish_seen_subcommand_from edit" -l config -d 'Configuration file; otherwise $MODELGATE_CONFIG, ./modelgate.yaml, or the one in your configuration directory' -r -F
complete -c modelgate -n "__fish_modelgate_using_subcommand config; and __fish_seen_subcommand_from edit" -l color -d 'When to use colour; NO_COLOR in the environment counts too' -r -f -a "auto\t''
always\t''
never\t''"
complete -c modelgate -n "__fish_modelgate_using_subcommand config; and __fish_seen_subcommand_from edit" -l json -d 'Print JSON for scripts'
complete -c modelgate -n "__fish_modelgate_using_subcommand config; and __fish_seen_subcommand_from edit" -s q -l quiet -d 'Print only data, warnings and errors'
complete -c modelgate -n "__fish_modelgate_using_subcommand config; and __fish_seen_subcommand_from edit" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c modelgate -n "__fish_modelgate_using_subcommand config; and __fish_seen_subcommand_from help" -f -a "init" -d 'Write a commented configuration file with one new client key'
complete -c modelgate -n "__fish_modelgate_using_subcommand config; and __fish_seen_subcommand_from help" -f -a "check" -d 'Check the configuration file and list everything that is wrong with it'
complete -c modelgate -n "__fish_modelgate_using_subcommand config; and __fish_seen_subcommand_from help" -f -a "show" -d 'Show the settings that count: the file, the environment and the defaults together'
complete -c modelgate -n "__fish_modelgate_using_subcommand config; and __fish_seen_subcommand_from help" -f -a "path" -d 'Print where the configuration file is, or would be'
complete -c modelgate -n "__fish_modelgate_using_subcommand config; and __fish_seen_subcommand_from help" -f -a "get" -d 'Print one setting of the configuration file'
complete -c modelgate -n "__fish_modelgate_using_subcommand config; and __fish_seen_subcommand_from help" -f -a "set" -d 'Change one setting of the configuration file, which is put to use at once'
complete -c modelgate -n "__fish_modelgate_using_subcommand config; and __fish_seen_subcommand_from help" -f -a "unset" -d 'Take one setting out of the configuration file, so that its default counts'
complete -c modelgate -n "__fish_modelgate_using_subcommand config; and __fish_seen_subcommand_from help" -f -a "edit" -d 'Change the configuration file in your editor'
complete -c modelgate -n "__fish_modelgate_using_subcommand config; and __fish_seen_subcommand_from help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c modelgate -n "__fish_modelgate_using_subcommand completions" -l config -d 'Configuration file; otherwise $MODELGATE_CONFIG, ./modelgate.yaml, or the one in your configuration directory' -r -F
complete -c modelgate -n "__fish_modelgate_using_subcommand completions" -l color -d 'When to use colour; NO_COLOR in the environment counts too' -r -f -a "auto\t''
always\t''
never\t''"
complete -c modelgate -n "__fish_modelgate_using_subcommand completions" -l json -d 'Print JSON for scripts'
complete -c modelgate -n "__fish_modelgate_using_subcommand completions" -s q -l quiet -d 'Print only data, warnings and errors'
complete -c modelgate -n "__fish_modelgate_using_subcommand completions" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c modelgate -n "__fish_modelgate_using_subcommand man" -l config -d 'Configuration file; otherwise $MODELGATE_CONFIG, ./modelgate.yaml, or the one in your configuration directory' -r -F
complete -c modelgate -n "__fish_modelgate_using_subcommand man" -l color -d 'When to use colour; NO_COLOR in the environment counts too' -r -f -a "auto\t''
always\t''
never\t''"
complete -c modelgate -n "__fish_modelgate_using_subcommand man" -l json -d 'Print JSON for scripts'
complete -c modelgate -n "__fish_modelgate_using_subcommand man" -s q -l quiet -d 'Print only data, warnings and errors'
complete -c modelgate -n "__fish_modelgate_using_subcommand man" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c modelgate -n "__fish_modelgate_using_subcommand version" -l config -d 'Configuration file; otherwise $MODELGATE_CONFIG, ./modelgate.yaml, or the one in your configuration directory' -r -F
complete -c modelgate -n "__fish_modelgate_using_subcommand version" -l color -d 'When to use colour; NO_COLOR in the environment counts too' -r -f -a "auto\t''
always\t''
never\t''"
complete -c modelgate -n "__fish_modelgate_using_subcommand version" -l json -d 'Print JSON for scripts'
complete -c modelgate -n "__fish_modelgate_using_subcommand version" -s q -l quiet -d 'Print only data, warnings and errors'
complete -c modelgate -n "__fish_modelgate_using_subcommand version" -s h -l help -d 'Print help'
complete -c modelgate -n "__fish_modelgate_using_subcommand help; and not __fish_seen_subcommand_from serve dashboard login logout models accounts keys usage why route logs config completions man version help" -f -a "serve" -d 'Start the gateway'
complete -c modelgate -n "__fish_modelgate_using_subcommand help; and not __fish_seen_subcommand_from serve dashboard login logout models accounts keys usage why route logs config completions man version help" -f -a "dashboard" -d 'Watch and look after a gateway, live'
complete -c modelgate -n "__fish_modelgate_using_subcommand help; and not __fish_seen_subcommand_from serve dashboard login logout models accounts keys usage why route logs config completions man version help" -f -a "login" -d 'Log in to an account of a provider'
complete -c modelgate -n "__fish_modelgate_using_subcommand help; and not __fish_seen_subcommand_from serve dashboard login logout models accounts keys usage why route logs config completions man version help" -f -a "logout" -d 'Forget an account and delete its file'
complete -c modelgate -n "__fish_modelgate_using_subcommand help; and not __fish_seen_subcommand_from serve dashboard login logout models accounts keys usage why route logs config completions man version help" -f -a "models" -d 'List the models that clients can ask for'
complete -c modelgate -n "__fish_modelgate_using_subcommand help; and not __fish_seen_subcommand_from serve dashboard login logout models accounts keys usage why route logs config completions man version help" -f -a "accounts" -d 'Show the accounts of a running gateway, or change one'
complete -c modelgate -n "__fish_modelgate_using_subcommand help; and not __fish_seen_subcommand_from serve dashboard login logout models accounts keys usage why route logs config completions man version help" -f -a "keys" -d 'Show the client keys, make new ones, or end old ones'
complete -c modelgate -n "__fish_modelgate_using_subcommand help; and not __fish_seen_subcommand_from serve dashboard login logout models accounts keys usage why route logs config completions man version help" -f -a "usage" -d 'Show what requests used and cost'
complete -c modelgate -n "__fish_modelgate_using_subcommand help; and not __fish_seen_subcommand_from serve dashboard login logout models accounts keys usage why route logs config completions man version help" -f -a "why" -d 'Tell what became of a request, and why'
complete -c modelgate -n "__fish_modelgate_using_subcommand help; and not __fish_seen_subcommand_from serve dashboard login logout models accounts keys usage why route logs config completions man version help" -f -a "route" -d 'Tell which account would answer for a model now, and why'
complete -c modelgate -n "__fish_modelgate_using_subcommand help; and not __fish_seen_subcommand_from serve dashboard login logout models accounts keys usage why route logs config completions man version help" -f -a "logs" -d 'Show what the gateway logs'
complete -c modelgate -n "__fish_modelgate_using_subcommand help; and not __fish_seen_subcommand_from serve dashboard login logout models accounts keys usage why route logs config completions man version help" -f -a "config" -d 'Make, check, look at and change the configuration file'
complete -c modelgate -n "__fish_modelgate_using_subcommand help; and not __fish_seen_subcommand_from serve dashboard login logout models accounts keys usage why route logs config completions man version help" -f -a "completions" -d 'Print a completion script for a shell'
complete -c modelgate -n "__fish_modelgate_using_subcommand help; and not __fish_seen_subcommand_from serve dashboard login logout models accounts keys usage why route logs config completions man version help" -f -a "man" -d 'Print a manual page'
complete -c modelgate -n "__fish_modelgate_using_subcommand help; and not __fish_seen_subcommand_from serve dashboard login logout models accounts keys usage why route logs config completions man version help" -f -a "version" -d 'Print the version'
complete -c modelgate -n "__fish_modelgate_using_subcommand help; and not __fish_seen_subcommand_from serve dashboard login logout models accounts keys usage why route logs config completions man version help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c modelgate -n "__fish_modelgate_using_subcommand help; and __fish_seen_subcommand_from accounts" -f -a "enable" -d 'Send requests with an account again'
complete -c modelgate -n "__fish_modelgate_using_subcommand help; and __fish_seen_subcommand_from accounts" -f -a "disable" -d 'Send no more requests with an account'
complete -c modelgate -n "__fish_modelgate_using_subcommand help; and __fish_seen_subcommand_from accounts" -f -a "clear-cooldown" -d 'Try an account again at once, whatever made it cool down'
complete -c modelgate -n "__fish_modelgate_using_subcommand help; and __fish_seen_subcommand_from accounts" -f -a "refresh" -d 'Renew the access token of an account now'
complete -c modelgate -n "__fish_modelgate_using_subcommand help; and __fish_seen_subcommand_from accounts" -f -a "remove" -d 'Forget an account and delete its file'
complete -c modelgate -n "__fish_modelgate_using_subcommand help; and __fish_seen_subcommand_from keys" -f -a "list" -d 'List the client keys'
complete -c modelgate -n "__fish_modelgate_using_subcommand help; and __fish_seen_subcommand_from keys" -f -a "add" -d 'Make a new client key and show it, this once'
complete -c modelgate -n "__fish_modelgate_using_subcommand help; and __fish_seen_subcommand_from keys" -f -a "revoke" -d 'End a client key: who presents it is refused from now on'
complete -c modelgate -n "__fish_modelgate_using_subcommand help; and __fish_seen_subcommand_from keys" -f -a "rotate" -d 'Replace a client key by a new one that may do the same, and show it, this once'
complete -c modelgate -n "__fish_modelgate_using_subcommand help; and __fish_seen_subcommand_from keys" -f -a "provider" -d 'Show the keys that are presented to providers, add one, or remove one'
complete -c modelgate -n "__fish_modelgate_using_subcommand help; and __fish_seen_subcommand_from usage" -f -a "export" -d 'Write every request of a time to stdout'
complete -c modelgate -n "__fish_modelgate_using_subcommand help; and __fish_seen_subcommand_from usage" -f -a "import" -d 'Take over the usage of another gateway'
complete -c modelgate -n "__fish_modelgate_using_subcommand help; and __fish_seen_subcommand_from config" -f -a "init" -d 'Write a commented configuration file with one new client key'
complete -c modelgate -n "__fish_modelgate_using_subcommand help; and __fish_seen_subcommand_from config" -f -a "check" -d 'Check the configuration file and list everything that is wrong with it'
complete -c modelgate -n "__fish_modelgate_using_subcommand help; and __fish_seen_subcommand_from config" -f -a "show" -d 'Show the settings that count: the file, the environment and the defaults together'
complete -c modelgate -n "__fish_modelgate_using_subcommand help; and __fish_seen_subcommand_from config" -f -a "path" -d 'Print where the configuration file is, or would be'
complete -c modelgate -n "__fish_modelgate_using_subcommand help; and __fish_seen_subcommand_from config" -f -a "get" -d 'Print one setting of the configuration file'
complete -c modelgate -n "__fish_modelgate_using_subcommand help; and __fish_seen_subcommand_from config" -f -a "set" -d 'Change one setting of the configuration file, which is put to use at once'
complete -c modelgate -n "__fish_modelgate_using_subcommand help; and __fish_seen_subcommand_from config" -f -a "unset" -d 'Take one setting out of the configuration file, so that its default counts'
complete -c modelgate -n "__fish_modelgate_using_subcommand help; and __fish_seen_subcommand_from config" -f -a "edit" -d 'Change the configuration file in your editor'
