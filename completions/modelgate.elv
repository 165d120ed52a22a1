
use builtin;
use str;

set edit:completion:arg-completer[modelgate] = {|@words|
    fn spaces {|n|
        builtin:repeat $n ' ' | str:join ''
    }
    fn cand {|text desc|
        edit:complex-candidate $text &display=$text' '(spaces (- 14 (wcswidth $text)))$desc
    }
    var command = 'modelgate'
    for word $words[1..-1] {
        if (str:has-prefix $word '-') {
            break
        }
        set command = $command';'$word
    }
    var completions = [
        &'modelgate'= {
            cand --config 'Configuration file; otherwise $MODELGATE_CONFIG, ./modelgate.yaml, or the one in your configuration directory'
            cand --color 'When to use colour; NO_COLOR in the environment counts too'
            cand --json 'Print JSON for scripts'
            cand -q 'Print only data, warnings and errors'
            cand --quiet 'Print only data, warnings and errors'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
            cand -V 'Print version'
            cand --version 'Print version'
            cand serve 'Start the gateway'
            cand dashboard 'Watch and look after a gateway, live'
            cand login 'Log in to an account of a provider'
            cand logout 'Forget an account and delete its file'
            cand models 'List the models that clients can ask for'
            cand accounts 'Show the accounts of a running gateway, or change one'
            cand keys 'Show the client keys, make new ones, or end old ones'
            cand usage 'Show what requests used and cost'
            cand why 'Tell what became of a request, and why'
            cand route 'Tell which account would answer for a model now, and why'
            cand logs 'Show what the gateway logs'
            cand config 'Make, check, look at and change the configuration file'
            cand completions 'Print a completion script for a shell'
            cand man 'Print a manual page'
            cand version 'Print the version'
            cand help 'Print this message or the help of the given subcommand(s)'
        }
        &'modelgate;serve'= {
            cand --host 'IP address to listen on, instead of `host` in the configuration'
            cand --port 'Port to listen on, instead of `port` in the configuration; 0 takes a free one'
            cand --log 'What to log: off, error, warn, info, debug or trace, or directives such as warn,modelgate_gateway=debug'
            cand --config 'Configuration file; otherwise $MODELGATE_CONFIG, ./modelgate.yaml, or the one in your configuration directory'
            cand --color 'When to use colour; NO_COLOR in the environment counts too'
            cand --tui 'Show the dashboard while the gateway serves'
            cand --json 'Print JSON for scripts'
            cand -q 'Print only data, warnings and errors'
            cand --quiet 'Print only data, warnings and errors'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'modelgate;dashboard'= {
            cand --theme 'The ground on which colours must be read; auto goes by $COLORFGBG, else dark'
            cand --url 'Address of a gateway, instead of $MODELGATE_URL or the one that runs on this machine'
            cand --key 'Its management key; $MODELGATE_MANAGEMENT_KEY says it without showing it in the list of processes'
            cand --config 'Configuration file; otherwise $MODELGATE_CONFIG, ./modelgate.yaml, or the one in your configuration directory'
            cand --color 'When to use colour; NO_COLOR in the environment counts too'
            cand --json 'Print JSON for scripts'
            cand -q 'Print only data, warnings and errors'
            cand --quiet 'Print only data, warnings and errors'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'modelgate;login'= {
            cand --label 'A name for the account, for people'
            cand --project 'A project of Google Cloud that requests are for, several times or with commas for several; `all` for every one (gemini, antigravity)'
            cand --import 'Take over an account from the file of the provider''s own program (kiro)'
            cand --with 'Log in to an account of Kiro that belongs to Google or GitHub'
            cand --config 'Configuration file; otherwise $MODELGATE_CONFIG, ./modelgate.yaml, or the one in your configuration directory'
            cand --color 'When to use colour; NO_COLOR in the environment counts too'
            cand --list 'List the providers, what their logins lack, and how many accounts there are'
            cand --cookie 'Log in with the cookie of the provider''s web page, read from stdin (iflow)'
            cand --no-browser 'Open no browser; print the address only'
            cand -y 'Do not ask whether the provider''s terms are known'
            cand --yes 'Do not ask whether the provider''s terms are known'
            cand --json 'Print JSON for scripts'
            cand -q 'Print only data, warnings and errors'
            cand --quiet 'Print only data, warnings and errors'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'modelgate;logout'= {
            cand --config 'Configuration file; otherwise $MODELGATE_CONFIG, ./modelgate.yaml, or the one in your configuration directory'
            cand --color 'When to use colour; NO_COLOR in the environment counts too'
            cand -y 'Do not ask'
            cand --yes 'Do not ask'
            cand --json 'Print JSON for scripts'
            cand -q 'Print only data, warnings and errors'
            cand --quiet 'Print only data, warnings and errors'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'modelgate;models'= {
            cand --config 'Configuration file; otherwise $MODELGATE_CONFIG, ./modelgate.yaml, or the one in your configuration directory'
            cand --color 'When to use colour; NO_COLOR in the environment counts too'
            cand --json 'Print JSON for scripts'
            cand -q 'Print only data, warnings and errors'
            cand --quiet 'Print only data, warnings and errors'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'modelgate;accounts'= {
            cand --url 'Address of a gateway, instead of $MODELGATE_URL or the one that runs on this machine'
            cand --key 'Its management key; $MODELGATE_MANAGEMENT_KEY says it without showing it in the list of processes'
            cand --config 'Configuration file; otherwise $MODELGATE_CONFIG, ./modelgate.yaml, or the one in your configuration directory'
            cand --color 'When to use colour; NO_COLOR in the environment counts too'
            cand --json 'Print JSON for scripts'
            cand -q 'Print only data, warnings and errors'
            cand --quiet 'Print only data, warnings and errors'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
            cand enable 'Send requests with an account again'
            cand disable 'Send no more requests with an account'
            cand clear-cooldown 'Try an account again at once, whatever made it cool down'
            cand refresh 'Renew the access token of an account now'
            cand remove 'Forget an account and delete its file'
            cand help 'Print this message or the help of the given subcommand(s)'
        }
        &'modelgate;accounts;enable'= {
            cand --url 'Address of a gateway, instead of $MODELGATE_URL or the one that runs on this machine'
            cand --key 'Its management key; $MODELGATE_MANAGEMENT_KEY says it without showing it in the list of processes'
            cand --config 'Configuration file; otherwise $MODELGATE_CONFIG, ./modelgate.yaml, or the one in your configuration directory'
            cand --color 'When to use colour; NO_COLOR in the environment counts too'
            cand --json 'Print JSON for scripts'
            cand -q 'Print only data, warnings and errors'
            cand --quiet 'Print only data, warnings and errors'
            cand -h 'Print help'
            cand --help 'Print help'
        }
        &'modelgate;accounts;disable'= {
            cand --url 'Address of a gateway, instead of $MODELGATE_URL or the one that runs on this machine'
            cand --key 'Its management key; $MODELGATE_MANAGEMENT_KEY says it without showing it in the list of processes'
            cand --config 'Configuration file; otherwise $MODELGATE_CONFIG, ./modelgate.yaml, or the one in your configuration directory'
            cand --color 'When to use colour; NO_COLOR in the environment counts too'
            cand --json 'Print JSON for scripts'
            cand -q 'Print only data, warnings and errors'
            cand --quiet 'Print only data, warnings and errors'
            cand -h 'Print help'
            cand --help 'Print help'
        }
        &'modelgate;accounts;clear-cooldown'= {
            cand --url 'Address of a gateway, instead of $MODELGATE_URL or the one that runs on this machine'
            cand --key 'Its management key; $MODELGATE_MANAGEMENT_KEY says it without showing it in the list of processes'
            cand --config 'Configuration file; otherwise $MODELGATE_CONFIG, ./modelgate.yaml, or the one in your configuration directory'
            cand --color 'When to use colour; NO_COLOR in the environment counts too'
            cand --json 'Print JSON for scripts'
            cand -q 'Print only data, warnings and errors'
            cand --quiet 'Print only data, warnings and errors'
            cand -h 'Print help'
            cand --help 'Print help'
        }
        &'modelgate;accounts;refresh'= {
            cand --url 'Address of a gateway, instead of $MODELGATE_URL or the one that runs on this machine'
            cand --key 'Its management key; $MODELGATE_MANAGEMENT_KEY says it without showing it in the list of processes'
            cand --config 'Configuration file; otherwise $MODELGATE_CONFIG, ./modelgate.yaml, or the one in your configuration directory'
            cand --color 'When to use colour; NO_COLOR in the environment counts too'
            cand --json 'Print JSON for scripts'
            cand -q 'Print only data, warnings and errors'
            cand --quiet 'Print only data, warnings and errors'
            cand -h 'Print help'
            cand --help 'Print help'
        }
        &'modelgate;accounts;remove'= {
            cand --url 'Address of a gateway, instead of $MODELGATE_URL or the one that runs on this machine'
            cand --key 'Its management key; $MODELGATE_MANAGEMENT_KEY says it without showing it in the list of processes'
            cand --config 'Configuration file; otherwise $MODELGATE_CONFIG, ./modelgate.yaml, or the one in your configuration directory'
            cand --color 'When to use colour; NO_COLOR in the environment counts too'
            cand -y 'Do not ask'
            cand --yes 'Do not ask'
            cand --json 'Print JSON for scripts'
            cand -q 'Print only data, warnings and errors'
            cand --quiet 'Print only data, warnings and errors'
            cand -h 'Print help'
            cand --help 'Print help'
        }
        &'modelgate;accounts;help'= {
            cand enable 'Send requests with an account again'
            cand disable 'Send no more requests with an account'
            cand clear-cooldown 'Try an account again at once, whatever made it cool down'
            cand refresh 'Renew the access token of an account now'
            cand remove 'Forget an account and delete its file'
            cand help 'Print this message or the help of the given subcommand(s)'
        }
        &'modelgate;accounts;help;enable'= {
        }
        &'modelgate;accounts;help;disable'= {
        }
        &'modelgate;accounts;help;clear-cooldown'= {
        }
        &'modelgate;accounts;help;refresh'= {
        }
        &'modelgate;accounts;help;remove'= {
        }
        &'modelgate;accounts;help;help'= {
        }
        &'modelgate;keys'= {
            cand --url 'Address of a gateway, instead of $MODELGATE_URL or the one that runs on this machine'
            cand --key 'Its management key; $MODELGATE_MANAGEMENT_KEY says it without showing it in the list of processes'
            cand --config 'Configuration file; otherwise $MODELGATE_CONFIG, ./modelgate.yaml, or the one in your configuration directory'
            cand --color 'When to use colour; NO_COLOR in the environment counts too'
            cand --json 'Print JSON for scripts'
            cand -q 'Print only data, warnings and errors'
            cand --quiet 'Print only data, warnings and errors'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
            cand list 'List the client keys'
            cand add 'Make a new client key and show it, this once'
            cand revoke 'End a client key: who presents it is refused from now on'
            cand rotate 'Replace a client key by a new one that may do the same, and show it, this once'
            cand provider 'Show the keys that are presented to providers, add one, or remove one'
            cand help 'Print this message or the help of the given subcommand(s)'
        }
        &'modelgate;keys;list'= {
            cand --url 'Address of a gateway, instead of $MODELGATE_URL or the one that runs on this machine'
            cand --key 'Its management key; $MODELGATE_MANAGEMENT_KEY says it without showing it in the list of processes'
            cand --config 'Configuration file; otherwise $MODELGATE_CONFIG, ./modelgate.yaml, or the one in your configuration directory'
            cand --color 'When to use colour; NO_COLOR in the environment counts too'
            cand --json 'Print JSON for scripts'
            cand -q 'Print only data, warnings and errors'
            cand --quiet 'Print only data, warnings and errors'
            cand -h 'Print help'
            cand --help 'Print help'
        }
        &'modelgate;keys;add'= {
            cand --name 'Whose key it is'
            cand --models 'The models it may use, with * for anything; without it, all'
            cand --expires 'From when it is refused: 2027-01-31 or 2027-01-31T18:00:00Z'
            cand --url 'Address of a gateway, instead of $MODELGATE_URL or the one that runs on this machine'
            cand --key 'Its management key; $MODELGATE_MANAGEMENT_KEY says it without showing it in the list of processes'
            cand --config 'Configuration file; otherwise $MODELGATE_CONFIG, ./modelgate.yaml, or the one in your configuration directory'
            cand --color 'When to use colour; NO_COLOR in the environment counts too'
            cand --json 'Print JSON for scripts'
            cand -q 'Print only data, warnings and errors'
            cand --quiet 'Print only data, warnings and errors'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'modelgate;keys;revoke'= {
            cand --url 'Address of a gateway, instead of $MODELGATE_URL or the one that runs on this machine'
            cand --key 'Its management key; $MODELGATE_MANAGEMENT_KEY says it without showing it in the list of processes'
            cand --config 'Configuration file; otherwise $MODELGATE_CONFIG, ./modelgate.yaml, or the one in your configuration directory'
            cand --color 'When to use colour; NO_COLOR in the environment counts too'
            cand -y 'Do not ask'
            cand --yes 'Do not ask'
            cand --json 'Print JSON for scripts'
            cand -q 'Print only data, warnings and errors'
            cand --quiet 'Print only data, warnings and errors'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'modelgate;keys;rotate'= {
            cand --url 'Address of a gateway, instead of $MODELGATE_URL or the one that runs on this machine'
            cand --key 'Its management key; $MODELGATE_MANAGEMENT_KEY says it without showing it in the list of processes'
            cand --config 'Configuration file; otherwise $MODELGATE_CONFIG, ./modelgate.yaml, or the one in your configuration directory'
            cand --color 'When to use colour; NO_COLOR in the environment counts too'
            cand --json 'Print JSON for scripts'
            cand -q 'Print only data, warnings and errors'
            cand --quiet 'Print only data, warnings and errors'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'modelgate;keys;provider'= {
            cand --url 'Address of a gateway, instead of $MODELGATE_URL or the one that runs on this machine'
            cand --key 'Its management key; $MODELGATE_MANAGEMENT_KEY says it without showing it in the list of processes'
            cand --config 'Configuration file; otherwise $MODELGATE_CONFIG, ./modelgate.yaml, or the one in your configuration directory'
            cand --color 'When to use colour; NO_COLOR in the environment counts too'
            cand --json 'Print JSON for scripts'
            cand -q 'Print only data, warnings and errors'
            cand --quiet 'Print only data, warnings and errors'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
            cand list 'List the provider keys of the configuration'
            cand add 'Add a provider key to the configuration'
            cand remove 'Remove an entry with its keys from the configuration'
            cand help 'Print this message or the help of the given subcommand(s)'
        }
        &'modelgate;keys;provider;list'= {
            cand --url 'Address of a gateway, instead of $MODELGATE_URL or the one that runs on this machine'
            cand --key 'Its management key; $MODELGATE_MANAGEMENT_KEY says it without showing it in the list of processes'
            cand --config 'Configuration file; otherwise $MODELGATE_CONFIG, ./modelgate.yaml, or the one in your configuration directory'
            cand --color 'When to use colour; NO_COLOR in the environment counts too'
            cand --json 'Print JSON for scripts'
            cand -q 'Print only data, warnings and errors'
            cand --quiet 'Print only data, warnings and errors'
            cand -h 'Print help'
            cand --help 'Print help'
        }
        &'modelgate;keys;provider;add'= {
            cand --name 'A name of your choice; openai only, where another key of a known name joins that entry'
            cand --base-url 'Where the provider is, if not at its usual place'
            cand --prefix 'Models are also reached as PREFIX/model'
            cand --priority 'Higher is tried first'
            cand --model 'A model that it serves, as the provider names it, and after = as clients do; may be repeated'
            cand --url 'Address of a gateway, instead of $MODELGATE_URL or the one that runs on this machine'
            cand --key 'Its management key; $MODELGATE_MANAGEMENT_KEY says it without showing it in the list of processes'
            cand --config 'Configuration file; otherwise $MODELGATE_CONFIG, ./modelgate.yaml, or the one in your configuration directory'
            cand --color 'When to use colour; NO_COLOR in the environment counts too'
            cand --no-key 'The server needs no key; openai only'
            cand --json 'Print JSON for scripts'
            cand -q 'Print only data, warnings and errors'
            cand --quiet 'Print only data, warnings and errors'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'modelgate;keys;provider;remove'= {
            cand --url 'Address of a gateway, instead of $MODELGATE_URL or the one that runs on this machine'
            cand --key 'Its management key; $MODELGATE_MANAGEMENT_KEY says it without showing it in the list of processes'
            cand --config 'Configuration file; otherwise $MODELGATE_CONFIG, ./modelgate.yaml, or the one in your configuration directory'
            cand --color 'When to use colour; NO_COLOR in the environment counts too'
            cand -y 'Do not ask'
            cand --yes 'Do not ask'
            cand --json 'Print JSON for scripts'
            cand -q 'Print only data, warnings and errors'
            cand --quiet 'Print only data, warnings and errors'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'modelgate;keys;provider;help'= {
            cand list 'List the provider keys of the configuration'
            cand add 'Add a provider key to the configuration'
            cand remove 'Remove an entry with its keys from the configuration'
            cand help 'Print this message or the help of the given subcommand(s)'
        }
        &'modelgate;keys;provider;help;list'= {
        }
        &'modelgate;keys;provider;help;add'= {
        }
        &'modelgate;keys;provider;help;remove'= {
        }
        &'modelgate;keys;provider;help;help'= {
        }
        &'modelgate;keys;help'= {
            cand list 'List the client keys'
            cand add 'Make a new client key and show it, this once'
            cand revoke 'End a client key: who presents it is refused from now on'
            cand rotate 'Replace a client key by a new one that may do the same, and show it, this once'
            cand provider 'Show the keys that are presented to providers, add one, or remove one'
            cand help 'Print this message or the help of the given subcommand(s)'
        }
        &'modelgate;keys;help;list'= {
        }
        &'modelgate;keys;help;add'= {
        }
        &'modelgate;keys;help;revoke'= {
        }
        &'modelgate;keys;help;rotate'= {
        }
        &'modelgate;keys;help;provider'= {
            cand list 'List the provider keys of the configuration'
            cand add 'Add a provider key to the configuration'
            cand remove 'Remove an entry with its keys from the configuration'
        }
        &'modelgate;keys;help;provider;list'= {
        }
        &'modelgate;keys;help;provider;add'= {
        }
        &'modelgate;keys;help;provider;remove'= {
        }
        &'modelgate;keys;help;help'= {
        }
        &'modelgate;usage'= {
            cand --by 'What the sums are broken down by'
            cand --since 'From when on; without it and --until, the last 30 days'
            cand --until 'Until when; without it, now'
            cand --url 'Address of a gateway, instead of $MODELGATE_URL or the one that runs on this machine'
            cand --key 'Its management key; $MODELGATE_MANAGEMENT_KEY says it without showing it in the list of processes'
            cand --config 'Configuration file; otherwise $MODELGATE_CONFIG, ./modelgate.yaml, or the one in your configuration directory'
            cand --color 'When to use colour; NO_COLOR in the environment counts too'
            cand --watch 'Show the sums again every two seconds, until Ctrl-C'
            cand --csv 'Print CSV; cells that a spreadsheet would take for a formula begin with an apostrophe'
            cand --json 'Print JSON for scripts'
            cand -q 'Print only data, warnings and errors'
            cand --quiet 'Print only data, warnings and errors'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
            cand export 'Write every request of a time to stdout'
            cand import 'Take over the usage of another gateway'
            cand help 'Print this message or the help of the given subcommand(s)'
        }
        &'modelgate;usage;export'= {
            cand --format 'The form: `json` is what `usage import` and programs of the same family read'
            cand --since 'From when on; without it and --until, the last 30 days'
            cand --until 'Until when; without it, now'
            cand --url 'Address of a gateway, instead of $MODELGATE_URL or the one that runs on this machine'
            cand --key 'Its management key; $MODELGATE_MANAGEMENT_KEY says it without showing it in the list of processes'
            cand --config 'Configuration file; otherwise $MODELGATE_CONFIG, ./modelgate.yaml, or the one in your configuration directory'
            cand --color 'When to use colour; NO_COLOR in the environment counts too'
            cand --json 'Print JSON for scripts'
            cand -q 'Print only data, warnings and errors'
            cand --quiet 'Print only data, warnings and errors'
            cand -h 'Print help'
            cand --help 'Print help'
        }
        &'modelgate;usage;import'= {
            cand --url 'Address of a gateway, instead of $MODELGATE_URL or the one that runs on this machine'
            cand --key 'Its management key; $MODELGATE_MANAGEMENT_KEY says it without showing it in the list of processes'
            cand --config 'Configuration file; otherwise $MODELGATE_CONFIG, ./modelgate.yaml, or the one in your configuration directory'
            cand --color 'When to use colour; NO_COLOR in the environment counts too'
            cand --json 'Print JSON for scripts'
            cand -q 'Print only data, warnings and errors'
            cand --quiet 'Print only data, warnings and errors'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'modelgate;usage;help'= {
            cand export 'Write every request of a time to stdout'
            cand import 'Take over the usage of another gateway'
            cand help 'Print this message or the help of the given subcommand(s)'
        }
        &'modelgate;usage;help;export'= {
        }
        &'modelgate;usage;help;import'= {
        }
        &'modelgate;usage;help;help'= {
        }
        &'modelgate;why'= {
            cand --limit 'How many requests to list'
            cand --url 'Address of a gateway, instead of $MODELGATE_URL or the one that runs on this machine'
            cand --key 'Its management key; $MODELGATE_MANAGEMENT_KEY says it without showing it in the list of processes'
            cand --config 'Configuration file; otherwise $MODELGATE_CONFIG, ./modelgate.yaml, or the one in your configuration directory'
            cand --color 'When to use colour; NO_COLOR in the environment counts too'
            cand --json 'Print JSON for scripts'
            cand -q 'Print only data, warnings and errors'
            cand --quiet 'Print only data, warnings and errors'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'modelgate;route'= {
            cand --session 'The session, as a client would name it'
            cand --url 'Address of a gateway, instead of $MODELGATE_URL or the one that runs on this machine'
            cand --key 'Its management key; $MODELGATE_MANAGEMENT_KEY says it without showing it in the list of processes'
            cand --config 'Configuration file; otherwise $MODELGATE_CONFIG, ./modelgate.yaml, or the one in your configuration directory'
            cand --color 'When to use colour; NO_COLOR in the environment counts too'
            cand --json 'Print JSON for scripts'
            cand -q 'Print only data, warnings and errors'
            cand --quiet 'Print only data, warnings and errors'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'modelgate;logs'= {
            cand -n 'How many of the last lines to show'
            cand --limit 'How many of the last lines to show'
            cand --level 'Only lines that matter so much, or more: error, warn, info, debug or trace'
            cand --grep 'Only lines that hold this text'
            cand --request 'Only lines about this request, as `x-request-id` of its answer names it'
            cand --url 'Address of a gateway, instead of $MODELGATE_URL or the one that runs on this machine'
            cand --key 'Its management key; $MODELGATE_MANAGEMENT_KEY says it without showing it in the list of processes'
            cand --config 'Configuration file; otherwise $MODELGATE_CONFIG, ./modelgate.yaml, or the one in your configuration directory'
            cand --color 'When to use colour; NO_COLOR in the environment counts too'
            cand -f 'Show what is logged from now on too, until Ctrl-C'
            cand --follow 'Show what is logged from now on too, until Ctrl-C'
            cand --json 'Print JSON for scripts'
            cand -q 'Print only data, warnings and errors'
            cand --quiet 'Print only data, warnings and errors'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'modelgate;config'= {
            cand --config 'Configuration file; otherwise $MODELGATE_CONFIG, ./modelgate.yaml, or the one in your configuration directory'
            cand --color 'When to use colour; NO_COLOR in the environment counts too'
            cand --json 'Print JSON for scripts'
            cand -q 'Print only data, warnings and errors'
            cand --quiet 'Print only data, warnings and errors'
            cand -h 'Print help'
            cand --help 'Print help'
            cand init 'Write a commented configuration file with one new client key'
            cand check 'Check the configuration file and list everything that is wrong with it'
            cand show 'Show the settings that count: the file, the environment and the defaults together'
            cand path 'Print where the configuration file is, or would be'
            cand get 'Print one setting of the configuration file'
            cand set 'Change one setting of the configuration file, which is put to use at once'
            cand unset 'Take one setting out of the configuration file, so that its default counts'
            cand edit 'Change the configuration file in your editor'
            cand help 'Print this message or the help of the given subcommand(s)'
        }
        &'modelgate;config;init'= {
            cand --config 'Configuration file; otherwise $MODELGATE_CONFIG, ./modelgate.yaml, or the one in your configuration directory'
            cand --color 'When to use colour; NO_COLOR in the environment counts too'
            cand --force 'Replace a file that is already there'
            cand --json 'Print JSON for scripts'
            cand -q 'Print only data, warnings and errors'
            cand --quiet 'Print only data, warnings and errors'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'modelgate;config;check'= {
            cand --config 'Configuration file; otherwise $MODELGATE_CONFIG, ./modelgate.yaml, or the one in your configuration directory'
            cand --color 'When to use colour; NO_COLOR in the environment counts too'
            cand --json 'Print JSON for scripts'
            cand -q 'Print only data, warnings and errors'
            cand --quiet 'Print only data, warnings and errors'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'modelgate;config;show'= {
            cand --config 'Configuration file; otherwise $MODELGATE_CONFIG, ./modelgate.yaml, or the one in your configuration directory'
            cand --color 'When to use colour; NO_COLOR in the environment counts too'
            cand --json 'Print JSON for scripts'
            cand -q 'Print only data, warnings and errors'
            cand --quiet 'Print only data, warnings and errors'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'modelgate;config;path'= {
            cand --config 'Configuration file; otherwise $MODELGATE_CONFIG, ./modelgate.yaml, or the one in your configuration directory'
            cand --color 'When to use colour; NO_COLOR in the environment counts too'
            cand --json 'Print JSON for scripts'
            cand -q 'Print only data, warnings and errors'
            cand --quiet 'Print only data, warnings and errors'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'modelgate;config;get'= {
            cand --url 'Address of a gateway, instead of $MODELGATE_URL or the one that runs on this machine'
            cand --key 'Its management key; $MODELGATE_MANAGEMENT_KEY says it without showing it in the list of processes'
            cand --config 'Configuration file; otherwise $MODELGATE_CONFIG, ./modelgate.yaml, or the one in your configuration directory'
            cand --color 'When to use colour; NO_COLOR in the environment counts too'
            cand --show-secrets 'Show secrets in clear'
            cand --json 'Print JSON for scripts'
            cand -q 'Print only data, warnings and errors'
            cand --quiet 'Print only data, warnings and errors'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'modelgate;config;set'= {
            cand --url 'Address of a gateway, instead of $MODELGATE_URL or the one that runs on this machine'
            cand --key 'Its management key; $MODELGATE_MANAGEMENT_KEY says it without showing it in the list of processes'
            cand --config 'Configuration file; otherwise $MODELGATE_CONFIG, ./modelgate.yaml, or the one in your configuration directory'
            cand --color 'When to use colour; NO_COLOR in the environment counts too'
            cand --json 'Print JSON for scripts'
            cand -q 'Print only data, warnings and errors'
            cand --quiet 'Print only data, warnings and errors'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'modelgate;config;unset'= {
            cand --url 'Address of a gateway, instead of $MODELGATE_URL or the one that runs on this machine'
            cand --key 'Its management key; $MODELGATE_MANAGEMENT_KEY says it without showing it in the list of processes'
            cand --config 'Configuration file; otherwise $MODELGATE_CONFIG, ./modelgate.yaml, or the one in your configuration directory'
            cand --color 'When to use colour; NO_COLOR in the environment counts too'
            cand --json 'Print JSON for scripts'
            cand -q 'Print only data, warnings and errors'
            cand --quiet 'Print only data, warnings and errors'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'modelgate;config;edit'= {
            cand --url 'Address of a gateway, instead of $MODELGATE_URL or the one that runs on this machine'
            cand --key 'Its management key; $MODELGATE_MANAGEMENT_KEY says it without showing it in the list of processes'
            cand --config 'Configuration file; otherwise $MODELGATE_CONFIG, ./modelgate.yaml, or the one in your configuration directory'
            cand --color 'When to use colour; NO_COLOR in the environment counts too'
            cand --json 'Print JSON for scripts'
            cand -q 'Print only data, warnings and errors'
            cand --quiet 'Print only data, warnings and errors'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'modelgate;config;help'= {
            cand init 'Write a commented configuration file with one new client key'
            cand check 'Check the configuration file and list everything that is wrong with it'
            cand show 'Show the settings that count: the file, the environment and the defaults together'
            cand path 'Print where the configuration file is, or would be'
            cand get 'Print one setting of the configuration file'
            cand set 'Change one setting of the configuration file, which is put to use at once'
            cand unset 'Take one setting out of the configuration file, so that its default counts'
            cand edit 'Change the configuration file in your editor'
            cand help 'Print this message or the help of the given subcommand(s)'
        }
        &'modelgate;config;help;init'= {
        }
        &'modelgate;config;help;check'= {
        }
        &'modelgate;config;help;show'= {
        }
        &'modelgate;config;help;path'= {
        }
        &'modelgate;config;help;get'= {
        }
        &'modelgate;config;help;set'= {
        }
        &'modelgate;config;help;unset'= {
        }
        &'modelgate;config;help;edit'= {
        }
        &'modelgate;config;help;help'= {
        }
        &'modelgate;completions'= {
            cand --config 'Configuration file; otherwise $MODELGATE_CONFIG, ./modelgate.yaml, or the one in your configuration directory'
            cand --color 'When to use colour; NO_COLOR in the environment counts too'
            cand --json 'Print JSON for scripts'
            cand -q 'Print only data, warnings and errors'
            cand --quiet 'Print only data, warnings and errors'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'modelgate;man'= {
            cand --config 'Configuration file; otherwise $MODELGATE_CONFIG, ./modelgate.yaml, or the one in your configuration directory'
            cand --color 'When to use colour; NO_COLOR in the environment counts too'
            cand --json 'Print JSON for scripts'
            cand -q 'Print only data, warnings and errors'
            cand --quiet 'Print only data, warnings and errors'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'modelgate;version'= {
            cand --config 'Configuration file; otherwise $MODELGATE_CONFIG, ./modelgate.yaml, or the one in your configuration directory'
            cand --color 'When to use colour; NO_COLOR in the environment counts too'
            cand --json 'Print JSON for scripts'
            cand -q 'Print only data, warnings and errors'
            cand --quiet 'Print only data, warnings and errors'
            cand -h 'Print help'
            cand --help 'Print help'
        }
        &'modelgate;help'= {
            cand serve 'Start the gateway'
            cand dashboard 'Watch and look after a gateway, live'
            cand login 'Log in to an account of a provider'
            cand logout 'Forget an account and delete its file'
            cand models 'List the models that clients can ask for'
            cand accounts 'Show the accounts of a running gateway, or change one'
            cand keys 'Show the client keys, make new ones, or end old ones'
            cand usage 'Show what requests used and cost'
            cand why 'Tell what became of a request, and why'
            cand route 'Tell which account would answer for a model now, and why'
            cand logs 'Show what the gateway logs'
            cand config 'Make, check, look at and change the configuration file'
            cand completions 'Print a completion script for a shell'
            cand man 'Print a manual page'
            cand version 'Print the version'
            cand help 'Print this message or the help of the given subcommand(s)'
        }
        &'modelgate;help;serve'= {
        }
        &'modelgate;help;dashboard'= {
        }
        &'modelgate;help;login'= {
        }
        &'modelgate;help;logout'= {
        }
        &'modelgate;help;models'= {
        }
        &'modelgate;help;accounts'= {
            cand enable 'Send requests with an account again'
            cand disable 'Send no more requests with an account'
            cand clear-cooldown 'Try an account again at once, whatever made it cool down'
            cand refresh 'Renew the access token of an account now'
            cand remove 'Forget an account and delete its file'
        }
        &'modelgate;help;accounts;enable'= {
        }
        &'modelgate;help;accounts;disable'= {
        }
        &'modelgate;help;accounts;clear-cooldown'= {
        }
        &'modelgate;help;accounts;refresh'= {
        }
        &'modelgate;help;accounts;remove'= {
        }
        &'modelgate;help;keys'= {
            cand list 'List the client keys'
            cand add 'Make a new client key and show it, this once'
            cand revoke 'End a client key: who presents it is refused from now on'
            cand rotate 'Replace a client key by a new one that may do the same, and show it, this once'
            cand provider 'Show the keys that are presented to providers, add one, or remove one'
        }
        &'modelgate;help;keys;list'= {
        }
        &'modelgate;help;keys;add'= {
        }
        &'modelgate;help;keys;revoke'= {
        }
        &'modelgate;help;keys;rotate'= {
        }
        &'modelgate;help;keys;provider'= {
            cand list 'List the provider keys of the configuration'
            cand add 'Add a provider key to the configuration'
            cand remove 'Remove an entry with its keys from the configuration'
        }
        &'modelgate;help;keys;provider;list'= {
        }
        &'modelgate;help;keys;provider;add'= {
        }
        &'modelgate;help;keys;provider;remove'= {
        }
        &'modelgate;help;usage'= {
            cand export 'Write every request of a time to stdout'
            cand import 'Take over the usage of another gateway'
        }
        &'modelgate;help;usage;export'= {
        }
        &'modelgate;help;usage;import'= {
        }
        &'modelgate;help;why'= {
        }
        &'modelgate;help;route'= {
        }
        &'modelgate;help;logs'= {
        }
        &'modelgate;help;config'= {
            cand init 'Write a commented configuration file with one new client key'
            cand check 'Check the configuration file and list everything that is wrong with it'
            cand show 'Show the settings that count: the file, the environment and the defaults together'
            cand path 'Print where the configuration file is, or would be'
            cand get 'Print one setting of the configuration file'
            cand set 'Change one setting of the configuration file, which is put to use at once'
            cand unset 'Take one setting out of the configuration file, so that its default counts'
            cand edit 'Change the configuration file in your editor'
        }
        &'modelgate;help;config;init'= {
        }
        &'modelgate;help;config;check'= {
        }
        &'modelgate;help;config;show'= {
        }
        &'modelgate;help;config;path'= {
        }
        &'modelgate;help;config;get'= {
        }
        &'modelgate;help;config;set'= {
        }
        &'modelgate;help;config;unset'= {
        }
        &'modelgate;help;config;edit'= {
        }
        &'modelgate;help;completions'= {
        }
        &'modelgate;help;man'= {
        }
        &'modelgate;help;version'= {
        }
        &'modelgate;help;help'= {
        }
    ]
    $completions[$command]
}
