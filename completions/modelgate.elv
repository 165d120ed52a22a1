
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
            cand login 'Log in to an account of a provider'
            cand logout 'Forget an account and delete its file'
            cand models 'List the models that clients can ask for'
            cand accounts 'Show the accounts of a running gateway, or change one'
            cand why 'Tell what became of a request, and why'
            cand route 'Tell which account would answer for a model now, and why'
            cand config 'Make, check and look at the configuration file'
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
            cand --json 'Print JSON for scripts'
            cand -q 'Print only data, warnings and errors'
            cand --quiet 'Print only data, warnings and errors'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'modelgate;login'= {
            cand --label 'A name for the account, for people'
            cand --config 'Configuration file; otherwise $MODELGATE_CONFIG, ./modelgate.yaml, or the one in your configuration directory'
            cand --color 'When to use colour; NO_COLOR in the environment counts too'
            cand --list 'List the providers, what their logins lack, and how many accounts there are'
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
        &'modelgate;config;help'= {
            cand init 'Write a commented configuration file with one new client key'
            cand check 'Check the configuration file and list everything that is wrong with it'
            cand show 'Show the settings that count: the file, the environment and the defaults together'
            cand path 'Print where the configuration file is, or would be'
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
            cand login 'Log in to an account of a provider'
            cand logout 'Forget an account and delete its file'
            cand models 'List the models that clients can ask for'
            cand accounts 'Show the accounts of a running gateway, or change one'
            cand why 'Tell what became of a request, and why'
            cand route 'Tell which account would answer for a model now, and why'
            cand config 'Make, check and look at the configuration file'
            cand completions 'Print a completion script for a shell'
            cand man 'Print a manual page'
            cand version 'Print the version'
            cand help 'Print this message or the help of the given subcommand(s)'
        }
        &'modelgate;help;serve'= {
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
        &'modelgate;help;why'= {
        }
        &'modelgate;help;route'= {
        }
        &'modelgate;help;config'= {
            cand init 'Write a commented configuration file with one new client key'
            cand check 'Check the configuration file and list everything that is wrong with it'
            cand show 'Show the settings that count: the file, the environment and the defaults together'
            cand path 'Print where the configuration file is, or would be'
        }
        &'modelgate;help;config;init'= {
        }
        &'modelgate;help;config;check'= {
        }
        &'modelgate;help;config;show'= {
        }
        &'modelgate;help;config;path'= {
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
