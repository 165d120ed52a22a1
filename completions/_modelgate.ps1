
using namespace System.Management.Automation
using namespace System.Management.Automation.Language

Register-ArgumentCompleter -Native -CommandName 'modelgate' -ScriptBlock {
    param($wordToComplete, $commandAst, $cursorPosition)

    $commandElements = $commandAst.CommandElements
    $command = @(
        'modelgate'
        for ($i = 1; $i -lt $commandElements.Count; $i++) {
            $element = $commandElements[$i]
            if ($element -isnot [StringConstantExpressionAst] -or
                $element.StringConstantType -ne [StringConstantType]::BareWord -or
                $element.Value.StartsWith('-') -or
                $element.Value -eq $wordToComplete) {
                break
        }
        $element.Value
    }) -join ';'

    $completions = @(switch ($command) {
        'modelgate' {
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Configuration file; otherwise $MODELGATE_CONFIG, ./modelgate.yaml, or the one in your configuration directory')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour; NO_COLOR in the environment counts too')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Print JSON for scripts')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print only data, warnings and errors')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print only data, warnings and errors')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('serve', 'serve', [CompletionResultType]::ParameterValue, 'Start the gateway')
            [CompletionResult]::new('dashboard', 'dashboard', [CompletionResultType]::ParameterValue, 'Watch and look after a gateway, live')
            [CompletionResult]::new('login', 'login', [CompletionResultType]::ParameterValue, 'Log in to an account of a provider')
            [CompletionResult]::new('logout', 'logout', [CompletionResultType]::ParameterValue, 'Forget an account and delete its file')
            [CompletionResult]::new('models', 'models', [CompletionResultType]::ParameterValue, 'List the models that clients can ask for')
            [CompletionResult]::new('accounts', 'accounts', [CompletionResultType]::ParameterValue, 'Show the accounts of a running gateway, or change one')
            [CompletionResult]::new('keys', 'keys', [CompletionResultType]::ParameterValue, 'Show the client keys, make new ones, or end old ones')
            [CompletionResult]::new('usage', 'usage', [CompletionResultType]::ParameterValue, 'Show what requests used and cost')
            [CompletionResult]::new('why', 'why', [CompletionResultType]::ParameterValue, 'Tell what became of a request, and why')
            [CompletionResult]::new('route', 'route', [CompletionResultType]::ParameterValue, 'Tell which account would answer for a model now, and why')
            [CompletionResult]::new('logs', 'logs', [CompletionResultType]::ParameterValue, 'Show what the gateway logs')
            [CompletionResult]::new('config', 'config', [CompletionResultType]::ParameterValue, 'Make, check, look at and change the configuration file')
            [CompletionResult]::new('completions', 'completions', [CompletionResultType]::ParameterValue, 'Print a completion script for a shell')
            [CompletionResult]::new('man', 'man', [CompletionResultType]::ParameterValue, 'Print a manual page')
            [CompletionResult]::new('version', 'version', [CompletionResultType]::ParameterValue, 'Print the version')
            [CompletionResult]::new('help', 'help', [CompletionResultType]::ParameterValue, 'Print this message or the help of the given subcommand(s)')
            break
        }
        'modelgate;serve' {
            [CompletionResult]::new('--host', '--host', [CompletionResultType]::ParameterName, 'IP address to listen on, instead of `host` in the configuration')
            [CompletionResult]::new('--port', '--port', [CompletionResultType]::ParameterName, 'Port to listen on, instead of `port` in the configuration; 0 takes a free one')
            [CompletionResult]::new('--log', '--log', [CompletionResultType]::ParameterName, 'What to log: off, error, warn, info, debug or trace, or directives such as warn,modelgate_gateway=debug')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Configuration file; otherwise $MODELGATE_CONFIG, ./modelgate.yaml, or the one in your configuration directory')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour; NO_COLOR in the environment counts too')
            [CompletionResult]::new('--tui', '--tui', [CompletionResultType]::ParameterName, 'Show the dashboard while the gateway serves')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Print JSON for scripts')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print only data, warnings and errors')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print only data, warnings and errors')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'modelgate;dashboard' {
            [CompletionResult]::new('--theme', '--theme', [CompletionResultType]::ParameterName, 'The ground on which colours must be read; auto goes by $COLORFGBG, else dark')
            [CompletionResult]::new('--url', '--url', [CompletionResultType]::ParameterName, 'Address of a gateway, instead of $MODELGATE_URL or the one that runs on this machine')
            [CompletionResult]::new('--key', '--key', [CompletionResultType]::ParameterName, 'Its management key; $MODELGATE_MANAGEMENT_KEY says it without showing it in the list of processes')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Configuration file; otherwise $MODELGATE_CONFIG, ./modelgate.yaml, or the one in your configuration directory')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour; NO_COLOR in the environment counts too')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Print JSON for scripts')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print only data, warnings and errors')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print only data, warnings and errors')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'modelgate;login' {
            [CompletionResult]::new('--label', '--label', [CompletionResultType]::ParameterName, 'A name for the account, for people')
            [CompletionResult]::new('--project', '--project', [CompletionResultType]::ParameterName, 'A project of Google Cloud that requests are for, several times or with commas for several; `all` for every one (gemini, antigravity)')
            [CompletionResult]::new('--import', '--import', [CompletionResultType]::ParameterName, 'Take over an account from the file of the provider''s own program (kiro)')
            [CompletionResult]::new('--with', '--with', [CompletionResultType]::ParameterName, 'Log in to an account of Kiro that belongs to Google or GitHub')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Configuration file; otherwise $MODELGATE_CONFIG, ./modelgate.yaml, or the one in your configuration directory')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour; NO_COLOR in the environment counts too')
            [CompletionResult]::new('--list', '--list', [CompletionResultType]::ParameterName, 'List the providers, what their logins lack, and how many accounts there are')
            [CompletionResult]::new('--cookie', '--cookie', [CompletionResultType]::ParameterName, 'Log in with the cookie of the provider''s web page, read from stdin (iflow)')
            [CompletionResult]::new('--no-browser', '--no-browser', [CompletionResultType]::ParameterName, 'Open no browser; print the address only')
            [CompletionResult]::new('-y', '-y', [CompletionResultType]::ParameterName, 'Do not ask whether the provider''s terms are known')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Do not ask whether the provider''s terms are known')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Print JSON for scripts')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print only data, warnings and errors')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print only data, warnings and errors')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'modelgate;logout' {
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Configuration file; otherwise $MODELGATE_CONFIG, ./modelgate.yaml, or the one in your configuration directory')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour; NO_COLOR in the environment counts too')
            [CompletionResult]::new('-y', '-y', [CompletionResultType]::ParameterName, 'Do not ask')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Do not ask')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Print JSON for scripts')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print only data, warnings and errors')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print only data, warnings and errors')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'modelgate;models' {
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Configuration file; otherwise $MODELGATE_CONFIG, ./modelgate.yaml, or the one in your configuration directory')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour; NO_COLOR in the environment counts too')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Print JSON for scripts')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print only data, warnings and errors')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print only data, warnings and errors')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'modelgate;accounts' {
            [CompletionResult]::new('--url', '--url', [CompletionResultType]::ParameterName, 'Address of a gateway, instead of $MODELGATE_URL or the one that runs on this machine')
            [CompletionResult]::new('--key', '--key', [CompletionResultType]::ParameterName, 'Its management key; $MODELGATE_MANAGEMENT_KEY says it without showing it in the list of processes')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Configuration file; otherwise $MODELGATE_CONFIG, ./modelgate.yaml, or the one in your configuration directory')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour; NO_COLOR in the environment counts too')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Print JSON for scripts')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print only data, warnings and errors')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print only data, warnings and errors')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('enable', 'enable', [CompletionResultType]::ParameterValue, 'Send requests with an account again')
            [CompletionResult]::new('disable', 'disable', [CompletionResultType]::ParameterValue, 'Send no more requests with an account')
            [CompletionResult]::new('clear-cooldown', 'clear-cooldown', [CompletionResultType]::ParameterValue, 'Try an account again at once, whatever made it cool down')
            [CompletionResult]::new('refresh', 'refresh', [CompletionResultType]::ParameterValue, 'Renew the access token of an account now')
            [CompletionResult]::new('remove', 'remove', [CompletionResultType]::ParameterValue, 'Forget an account and delete its file')
            [CompletionResult]::new('help', 'help', [CompletionResultType]::ParameterValue, 'Print this message or the help of the given subcommand(s)')
            break
        }
        'modelgate;accounts;enable' {
            [CompletionResult]::new('--url', '--url', [CompletionResultType]::ParameterName, 'Address of a gateway, instead of $MODELGATE_URL or the one that runs on this machine')
            [CompletionResult]::new('--key', '--key', [CompletionResultType]::ParameterName, 'Its management key; $MODELGATE_MANAGEMENT_KEY says it without showing it in the list of processes')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Configuration file; otherwise $MODELGATE_CONFIG, ./modelgate.yaml, or the one in your configuration directory')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour; NO_COLOR in the environment counts too')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Print JSON for scripts')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print only data, warnings and errors')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print only data, warnings and errors')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            break
        }
        'modelgate;accounts;disable' {
            [CompletionResult]::new('--url', '--url', [CompletionResultType]::ParameterName, 'Address of a gateway, instead of $MODELGATE_URL or the one that runs on this machine')
            [CompletionResult]::new('--key', '--key', [CompletionResultType]::ParameterName, 'Its management key; $MODELGATE_MANAGEMENT_KEY says it without showing it in the list of processes')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Configuration file; otherwise $MODELGATE_CONFIG, ./modelgate.yaml, or the one in your configuration directory')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour; NO_COLOR in the environment counts too')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Print JSON for scripts')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print only data, warnings and errors')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print only data, warnings and errors')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            break
        }
        'modelgate;accounts;clear-cooldown' {
            [CompletionResult]::new('--url', '--url', [CompletionResultType]::ParameterName, 'Address of a gateway, instead of $MODELGATE_URL or the one that runs on this machine')
            [CompletionResult]::new('--key', '--key', [CompletionResultType]::ParameterName, 'Its management key; $MODELGATE_MANAGEMENT_KEY says it without showing it in the list of processes')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Configuration file; otherwise $MODELGATE_CONFIG, ./modelgate.yaml, or the one in your configuration directory')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour; NO_COLOR in the environment counts too')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Print JSON for scripts')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print only data, warnings and errors')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print only data, warnings and errors')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            break
        }
        'modelgate;accounts;refresh' {
            [CompletionResult]::new('--url', '--url', [CompletionResultType]::ParameterName, 'Address of a gateway, instead of $MODELGATE_URL or the one that runs on this machine')
            [CompletionResult]::new('--key', '--key', [CompletionResultType]::ParameterName, 'Its management key; $MODELGATE_MANAGEMENT_KEY says it without showing it in the list of processes')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Configuration file; otherwise $MODELGATE_CONFIG, ./modelgate.yaml, or the one in your configuration directory')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour; NO_COLOR in the environment counts too')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Print JSON for scripts')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print only data, warnings and errors')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print only data, warnings and errors')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            break
        }
        'modelgate;accounts;remove' {
            [CompletionResult]::new('--url', '--url', [CompletionResultType]::ParameterName, 'Address of a gateway, instead of $MODELGATE_URL or the one that runs on this machine')
            [CompletionResult]::new('--key', '--key', [CompletionResultType]::ParameterName, 'Its management key; $MODELGATE_MANAGEMENT_KEY says it without showing it in the list of processes')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Configuration file; otherwise $MODELGATE_CONFIG, ./modelgate.yaml, or the one in your configuration directory')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour; NO_COLOR in the environment counts too')
            [CompletionResult]::new('-y', '-y', [CompletionResultType]::ParameterName, 'Do not ask')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Do not ask')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Print JSON for scripts')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print only data, warnings and errors')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print only data, warnings and errors')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            break
        }
        'modelgate;accounts;help' {
            [CompletionResult]::new('enable', 'enable', [CompletionResultType]::ParameterValue, 'Send requests with an account again')
            [CompletionResult]::new('disable', 'disable', [CompletionResultType]::ParameterValue, 'Send no more requests with an account')
            [CompletionResult]::new('clear-cooldown', 'clear-cooldown', [CompletionResultType]::ParameterValue, 'Try an account again at once, whatever made it cool down')
            [CompletionResult]::new('refresh', 'refresh', [CompletionResultType]::ParameterValue, 'Renew the access token of an account now')
            [CompletionResult]::new('remove', 'remove', [CompletionResultType]::ParameterValue, 'Forget an account and delete its file')
            [CompletionResult]::new('help', 'help', [CompletionResultType]::ParameterValue, 'Print this message or the help of the given subcommand(s)')
            break
        }
        'modelgate;accounts;help;enable' {
            break
        }
        'modelgate;accounts;help;disable' {
            break
        }
        'modelgate;accounts;help;clear-cooldown' {
            break
        }
        'modelgate;accounts;help;refresh' {
            break
        }
        'modelgate;accounts;help;remove' {
            break
        }
        'modelgate;accounts;help;help' {
            break
        }
        'modelgate;keys' {
            [CompletionResult]::new('--url', '--url', [CompletionResultType]::ParameterName, 'Address of a gateway, instead of $MODELGATE_URL or the one that runs on this machine')
            [CompletionResult]::new('--key', '--key', [CompletionResultType]::ParameterName, 'Its management key; $MODELGATE_MANAGEMENT_KEY says it without showing it in the list of processes')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Configuration file; otherwise $MODELGATE_CONFIG, ./modelgate.yaml, or the one in your configuration directory')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour; NO_COLOR in the environment counts too')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Print JSON for scripts')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print only data, warnings and errors')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print only data, warnings and errors')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('list', 'list', [CompletionResultType]::ParameterValue, 'List the client keys')
            [CompletionResult]::new('add', 'add', [CompletionResultType]::ParameterValue, 'Make a new client key and show it, this once')
            [CompletionResult]::new('revoke', 'revoke', [CompletionResultType]::ParameterValue, 'End a client key: who presents it is refused from now on')
            [CompletionResult]::new('rotate', 'rotate', [CompletionResultType]::ParameterValue, 'Replace a client key by a new one that may do the same, and show it, this once')
            [CompletionResult]::new('provider', 'provider', [CompletionResultType]::ParameterValue, 'Show the keys that are presented to providers, add one, or remove one')
            [CompletionResult]::new('help', 'help', [CompletionResultType]::ParameterValue, 'Print this message or the help of the given subcommand(s)')
            break
        }
        'modelgate;keys;list' {
            [CompletionResult]::new('--url', '--url', [CompletionResultType]::ParameterName, 'Address of a gateway, instead of $MODELGATE_URL or the one that runs on this machine')
            [CompletionResult]::new('--key', '--key', [CompletionResultType]::ParameterName, 'Its management key; $MODELGATE_MANAGEMENT_KEY says it without showing it in the list of processes')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Configuration file; otherwise $MODELGATE_CONFIG, ./modelgate.yaml, or the one in your configuration directory')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour; NO_COLOR in the environment counts too')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Print JSON for scripts')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print only data, warnings and errors')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print only data, warnings and errors')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            break
        }
        'modelgate;keys;add' {
            [CompletionResult]::new('--name', '--name', [CompletionResultType]::ParameterName, 'Whose key it is')
            [CompletionResult]::new('--models', '--models', [CompletionResultType]::ParameterName, 'The models it may use, with * for anything; without it, all')
            [CompletionResult]::new('--expires', '--expires', [CompletionResultType]::ParameterName, 'From when it is refused: 2027-01-31 or 2027-01-31T18:00:00Z')
            [CompletionResult]::new('--url', '--url', [CompletionResultType]::ParameterName, 'Address of a gateway, instead of $MODELGATE_URL or the one that runs on this machine')
            [CompletionResult]::new('--key', '--key', [CompletionResultType]::ParameterName, 'Its management key; $MODELGATE_MANAGEMENT_KEY says it without showing it in the list of processes')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Configuration file; otherwise $MODELGATE_CONFIG, ./modelgate.yaml, or the one in your configuration directory')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour; NO_COLOR in the environment counts too')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Print JSON for scripts')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print only data, warnings and errors')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print only data, warnings and errors')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'modelgate;keys;revoke' {
            [CompletionResult]::new('--url', '--url', [CompletionResultType]::ParameterName, 'Address of a gateway, instead of $MODELGATE_URL or the one that runs on this machine')
            [CompletionResult]::new('--key', '--key', [CompletionResultType]::ParameterName, 'Its management key; $MODELGATE_MANAGEMENT_KEY says it without showing it in the list of processes')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Configuration file; otherwise $MODELGATE_CONFIG, ./modelgate.yaml, or the one in your configuration directory')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour; NO_COLOR in the environment counts too')
            [CompletionResult]::new('-y', '-y', [CompletionResultType]::ParameterName, 'Do not ask')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Do not ask')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Print JSON for scripts')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print only data, warnings and errors')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print only data, warnings and errors')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'modelgate;keys;rotate' {
            [CompletionResult]::new('--url', '--url', [CompletionResultType]::ParameterName, 'Address of a gateway, instead of $MODELGATE_URL or the one that runs on this machine')
            [CompletionResult]::new('--key', '--key', [CompletionResultType]::ParameterName, 'Its management key; $MODELGATE_MANAGEMENT_KEY says it without showing it in the list of processes')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Configuration file; otherwise $MODELGATE_CONFIG, ./modelgate.yaml, or the one in your configuration directory')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour; NO_COLOR in the environment counts too')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Print JSON for scripts')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print only data, warnings and errors')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print only data, warnings and errors')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'modelgate;keys;provider' {
            [CompletionResult]::new('--url', '--url', [CompletionResultType]::ParameterName, 'Address of a gateway, instead of $MODELGATE_URL or the one that runs on this machine')
            [CompletionResult]::new('--key', '--key', [CompletionResultType]::ParameterName, 'Its management key; $MODELGATE_MANAGEMENT_KEY says it without showing it in the list of processes')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Configuration file; otherwise $MODELGATE_CONFIG, ./modelgate.yaml, or the one in your configuration directory')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour; NO_COLOR in the environment counts too')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Print JSON for scripts')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print only data, warnings and errors')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print only data, warnings and errors')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('list', 'list', [CompletionResultType]::ParameterValue, 'List the provider keys of the configuration')
            [CompletionResult]::new('add', 'add', [CompletionResultType]::ParameterValue, 'Add a provider key to the configuration')
            [CompletionResult]::new('remove', 'remove', [CompletionResultType]::ParameterValue, 'Remove an entry with its keys from the configuration')
            [CompletionResult]::new('help', 'help', [CompletionResultType]::ParameterValue, 'Print this message or the help of the given subcommand(s)')
            break
        }
        'modelgate;keys;provider;list' {
            [CompletionResult]::new('--url', '--url', [CompletionResultType]::ParameterName, 'Address of a gateway, instead of $MODELGATE_URL or the one that runs on this machine')
            [CompletionResult]::new('--key', '--key', [CompletionResultType]::ParameterName, 'Its management key; $MODELGATE_MANAGEMENT_KEY says it without showing it in the list of processes')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Configuration file; otherwise $MODELGATE_CONFIG, ./modelgate.yaml, or the one in your configuration directory')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour; NO_COLOR in the environment counts too')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Print JSON for scripts')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print only data, warnings and errors')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print only data, warnings and errors')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            break
        }
        'modelgate;keys;provider;add' {
            [CompletionResult]::new('--name', '--name', [CompletionResultType]::ParameterName, 'A name of your choice; openai only, where another key of a known name joins that entry')
            [CompletionResult]::new('--base-url', '--base-url', [CompletionResultType]::ParameterName, 'Where the provider is, if not at its usual place')
            [CompletionResult]::new('--prefix', '--prefix', [CompletionResultType]::ParameterName, 'Models are also reached as PREFIX/model')
            [CompletionResult]::new('--priority', '--priority', [CompletionResultType]::ParameterName, 'Higher is tried first')
            [CompletionResult]::new('--model', '--model', [CompletionResultType]::ParameterName, 'A model that it serves, as the provider names it, and after = as clients do; may be repeated')
            [CompletionResult]::new('--url', '--url', [CompletionResultType]::ParameterName, 'Address of a gateway, instead of $MODELGATE_URL or the one that runs on this machine')
            [CompletionResult]::new('--key', '--key', [CompletionResultType]::ParameterName, 'Its management key; $MODELGATE_MANAGEMENT_KEY says it without showing it in the list of processes')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Configuration file; otherwise $MODELGATE_CONFIG, ./modelgate.yaml, or the one in your configuration directory')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour; NO_COLOR in the environment counts too')
            [CompletionResult]::new('--no-key', '--no-key', [CompletionResultType]::ParameterName, 'The server needs no key; openai only')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Print JSON for scripts')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print only data, warnings and errors')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print only data, warnings and errors')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'modelgate;keys;provider;remove' {
            [CompletionResult]::new('--url', '--url', [CompletionResultType]::ParameterName, 'Address of a gateway, instead of $MODELGATE_URL or the one that runs on this machine')
            [CompletionResult]::new('--key', '--key', [CompletionResultType]::ParameterName, 'Its management key; $MODELGATE_MANAGEMENT_KEY says it without showing it in the list of processes')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Configuration file; otherwise $MODELGATE_CONFIG, ./modelgate.yaml, or the one in your configuration directory')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour; NO_COLOR in the environment counts too')
            [CompletionResult]::new('-y', '-y', [CompletionResultType]::ParameterName, 'Do not ask')
            [CompletionResult]::new('--yes', '--yes', [CompletionResultType]::ParameterName, 'Do not ask')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Print JSON for scripts')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print only data, warnings and errors')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print only data, warnings and errors')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'modelgate;keys;provider;help' {
            [CompletionResult]::new('list', 'list', [CompletionResultType]::ParameterValue, 'List the provider keys of the configuration')
            [CompletionResult]::new('add', 'add', [CompletionResultType]::ParameterValue, 'Add a provider key to the configuration')
            [CompletionResult]::new('remove', 'remove', [CompletionResultType]::ParameterValue, 'Remove an entry with its keys from the configuration')
            [CompletionResult]::new('help', 'help', [CompletionResultType]::ParameterValue, 'Print this message or the help of the given subcommand(s)')
            break
        }
        'modelgate;keys;provider;help;list' {
            break
        }
        'modelgate;keys;provider;help;add' {
            break
        }
        'modelgate;keys;provider;help;remove' {
            break
        }
        'modelgate;keys;provider;help;help' {
            break
        }
        'modelgate;keys;help' {
            [CompletionResult]::new('list', 'list', [CompletionResultType]::ParameterValue, 'List the client keys')
            [CompletionResult]::new('add', 'add', [CompletionResultType]::ParameterValue, 'Make a new client key and show it, this once')
            [CompletionResult]::new('revoke', 'revoke', [CompletionResultType]::ParameterValue, 'End a client key: who presents it is refused from now on')
            [CompletionResult]::new('rotate', 'rotate', [CompletionResultType]::ParameterValue, 'Replace a client key by a new one that may do the same, and show it, this once')
            [CompletionResult]::new('provider', 'provider', [CompletionResultType]::ParameterValue, 'Show the keys that are presented to providers, add one, or remove one')
            [CompletionResult]::new('help', 'help', [CompletionResultType]::ParameterValue, 'Print this message or the help of the given subcommand(s)')
            break
        }
        'modelgate;keys;help;list' {
            break
        }
        'modelgate;keys;help;add' {
            break
        }
        'modelgate;keys;help;revoke' {
            break
        }
        'modelgate;keys;help;rotate' {
            break
        }
        'modelgate;keys;help;provider' {
            [CompletionResult]::new('list', 'list', [CompletionResultType]::ParameterValue, 'List the provider keys of the configuration')
            [CompletionResult]::new('add', 'add', [CompletionResultType]::ParameterValue, 'Add a provider key to the configuration')
            [CompletionResult]::new('remove', 'remove', [CompletionResultType]::ParameterValue, 'Remove an entry with its keys from the configuration')
            break
        }
        'modelgate;keys;help;provider;list' {
            break
        }
        'modelgate;keys;help;provider;add' {
            break
        }
        'modelgate;keys;help;provider;remove' {
            break
        }
        'modelgate;keys;help;help' {
            break
        }
        'modelgate;usage' {
            [CompletionResult]::new('--by', '--by', [CompletionResultType]::ParameterName, 'What the sums are broken down by')
            [CompletionResult]::new('--since', '--since', [CompletionResultType]::ParameterName, 'From when on; without it and --until, the last 30 days')
            [CompletionResult]::new('--until', '--until', [CompletionResultType]::ParameterName, 'Until when; without it, now')
            [CompletionResult]::new('--url', '--url', [CompletionResultType]::ParameterName, 'Address of a gateway, instead of $MODELGATE_URL or the one that runs on this machine')
            [CompletionResult]::new('--key', '--key', [CompletionResultType]::ParameterName, 'Its management key; $MODELGATE_MANAGEMENT_KEY says it without showing it in the list of processes')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Configuration file; otherwise $MODELGATE_CONFIG, ./modelgate.yaml, or the one in your configuration directory')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour; NO_COLOR in the environment counts too')
            [CompletionResult]::new('--watch', '--watch', [CompletionResultType]::ParameterName, 'Show the sums again every two seconds, until Ctrl-C')
            [CompletionResult]::new('--csv', '--csv', [CompletionResultType]::ParameterName, 'Print CSV; cells that a spreadsheet would take for a formula begin with an apostrophe')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Print JSON for scripts')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print only data, warnings and errors')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print only data, warnings and errors')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('export', 'export', [CompletionResultType]::ParameterValue, 'Write every request of a time to stdout')
            [CompletionResult]::new('import', 'import', [CompletionResultType]::ParameterValue, 'Take over the usage of another gateway')
            [CompletionResult]::new('help', 'help', [CompletionResultType]::ParameterValue, 'Print this message or the help of the given subcommand(s)')
            break
        }
        'modelgate;usage;export' {
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'The form: `json` is what `usage import` and programs of the same family read')
            [CompletionResult]::new('--since', '--since', [CompletionResultType]::ParameterName, 'From when on; without it and --until, the last 30 days')
            [CompletionResult]::new('--until', '--until', [CompletionResultType]::ParameterName, 'Until when; without it, now')
            [CompletionResult]::new('--url', '--url', [CompletionResultType]::ParameterName, 'Address of a gateway, instead of $MODELGATE_URL or the one that runs on this machine')
            [CompletionResult]::new('--key', '--key', [CompletionResultType]::ParameterName, 'Its management key; $MODELGATE_MANAGEMENT_KEY says it without showing it in the list of processes')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Configuration file; otherwise $MODELGATE_CONFIG, ./modelgate.yaml, or the one in your configuration directory')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour; NO_COLOR in the environment counts too')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Print JSON for scripts')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print only data, warnings and errors')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print only data, warnings and errors')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            break
        }
        'modelgate;usage;import' {
            [CompletionResult]::new('--url', '--url', [CompletionResultType]::ParameterName, 'Address of a gateway, instead of $MODELGATE_URL or the one that runs on this machine')
            [CompletionResult]::new('--key', '--key', [CompletionResultType]::ParameterName, 'Its management key; $MODELGATE_MANAGEMENT_KEY says it without showing it in the list of processes')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Configuration file; otherwise $MODELGATE_CONFIG, ./modelgate.yaml, or the one in your configuration directory')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour; NO_COLOR in the environment counts too')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Print JSON for scripts')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print only data, warnings and errors')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print only data, warnings and errors')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'modelgate;usage;help' {
            [CompletionResult]::new('export', 'export', [CompletionResultType]::ParameterValue, 'Write every request of a time to stdout')
            [CompletionResult]::new('import', 'import', [CompletionResultType]::ParameterValue, 'Take over the usage of another gateway')
            [CompletionResult]::new('help', 'help', [CompletionResultType]::ParameterValue, 'Print this message or the help of the given subcommand(s)')
            break
        }
        'modelgate;usage;help;export' {
            break
        }
        'modelgate;usage;help;import' {
            break
        }
        'modelgate;usage;help;help' {
            break
        }
        'modelgate;why' {
            [CompletionResult]::new('--limit', '--limit', [CompletionResultType]::ParameterName, 'How many requests to list')
            [CompletionResult]::new('--url', '--url', [CompletionResultType]::ParameterName, 'Address of a gateway, instead of $MODELGATE_URL or the one that runs on this machine')
            [CompletionResult]::new('--key', '--key', [CompletionResultType]::ParameterName, 'Its management key; $MODELGATE_MANAGEMENT_KEY says it without showing it in the list of processes')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Configuration file; otherwise $MODELGATE_CONFIG, ./modelgate.yaml, or the one in your configuration directory')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour; NO_COLOR in the environment counts too')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Print JSON for scripts')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print only data, warnings and errors')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print only data, warnings and errors')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'modelgate;route' {
            [CompletionResult]::new('--session', '--session', [CompletionResultType]::ParameterName, 'The session, as a client would name it')
            [CompletionResult]::new('--url', '--url', [CompletionResultType]::ParameterName, 'Address of a gateway, instead of $MODELGATE_URL or the one that runs on this machine')
            [CompletionResult]::new('--key', '--key', [CompletionResultType]::ParameterName, 'Its management key; $MODELGATE_MANAGEMENT_KEY says it without showing it in the list of processes')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Configuration file; otherwise $MODELGATE_CONFIG, ./modelgate.yaml, or the one in your configuration directory')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour; NO_COLOR in the environment counts too')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Print JSON for scripts')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print only data, warnings and errors')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print only data, warnings and errors')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'modelgate;logs' {
            [CompletionResult]::new('-n', '-n', [CompletionResultType]::ParameterName, 'How many of the last lines to show')
            [CompletionResult]::new('--limit', '--limit', [CompletionResultType]::ParameterName, 'How many of the last lines to show')
            [CompletionResult]::new('--level', '--level', [CompletionResultType]::ParameterName, 'Only lines that matter so much, or more: error, warn, info, debug or trace')
            [CompletionResult]::new('--grep', '--grep', [CompletionResultType]::ParameterName, 'Only lines that hold this text')
            [CompletionResult]::new('--request', '--request', [CompletionResultType]::ParameterName, 'Only lines about this request, as `x-request-id` of its answer names it')
            [CompletionResult]::new('--url', '--url', [CompletionResultType]::ParameterName, 'Address of a gateway, instead of $MODELGATE_URL or the one that runs on this machine')
            [CompletionResult]::new('--key', '--key', [CompletionResultType]::ParameterName, 'Its management key; $MODELGATE_MANAGEMENT_KEY says it without showing it in the list of processes')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Configuration file; otherwise $MODELGATE_CONFIG, ./modelgate.yaml, or the one in your configuration directory')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour; NO_COLOR in the environment counts too')
            [CompletionResult]::new('-f', '-f', [CompletionResultType]::ParameterName, 'Show what is logged from now on too, until Ctrl-C')
            [CompletionResult]::new('--follow', '--follow', [CompletionResultType]::ParameterName, 'Show what is logged from now on too, until Ctrl-C')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Print JSON for scripts')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print only data, warnings and errors')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print only data, warnings and errors')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'modelgate;config' {
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Configuration file; otherwise $MODELGATE_CONFIG, ./modelgate.yaml, or the one in your configuration directory')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour; NO_COLOR in the environment counts too')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Print JSON for scripts')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print only data, warnings and errors')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print only data, warnings and errors')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('init', 'init', [CompletionResultType]::ParameterValue, 'Write a commented configuration file with one new client key')
            [CompletionResult]::new('check', 'check', [CompletionResultType]::ParameterValue, 'Check the configuration file and list everything that is wrong with it')
            [CompletionResult]::new('show', 'show', [CompletionResultType]::ParameterValue, 'Show the settings that count: the file, the environment and the defaults together')
            [CompletionResult]::new('path', 'path', [CompletionResultType]::ParameterValue, 'Print where the configuration file is, or would be')
            [CompletionResult]::new('get', 'get', [CompletionResultType]::ParameterValue, 'Print one setting of the configuration file')
            [CompletionResult]::new('set', 'set', [CompletionResultType]::ParameterValue, 'Change one setting of the configuration file, which is put to use at once')
            [CompletionResult]::new('unset', 'unset', [CompletionResultType]::ParameterValue, 'Take one setting out of the configuration file, so that its default counts')
            [CompletionResult]::new('edit', 'edit', [CompletionResultType]::ParameterValue, 'Change the configuration file in your editor')
            [CompletionResult]::new('help', 'help', [CompletionResultType]::ParameterValue, 'Print this message or the help of the given subcommand(s)')
            break
        }
        'modelgate;config;init' {
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Configuration file; otherwise $MODELGATE_CONFIG, ./modelgate.yaml, or the one in your configuration directory')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour; NO_COLOR in the environment counts too')
            [CompletionResult]::new('--force', '--force', [CompletionResultType]::ParameterName, 'Replace a file that is already there')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Print JSON for scripts')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print only data, warnings and errors')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print only data, warnings and errors')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'modelgate;config;check' {
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Configuration file; otherwise $MODELGATE_CONFIG, ./modelgate.yaml, or the one in your configuration directory')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour; NO_COLOR in the environment counts too')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Print JSON for scripts')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print only data, warnings and errors')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print only data, warnings and errors')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'modelgate;config;show' {
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Configuration file; otherwise $MODELGATE_CONFIG, ./modelgate.yaml, or the one in your configuration directory')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour; NO_COLOR in the environment counts too')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Print JSON for scripts')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print only data, warnings and errors')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print only data, warnings and errors')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'modelgate;config;path' {
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Configuration file; otherwise $MODELGATE_CONFIG, ./modelgate.yaml, or the one in your configuration directory')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour; NO_COLOR in the environment counts too')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Print JSON for scripts')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print only data, warnings and errors')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print only data, warnings and errors')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'modelgate;config;get' {
            [CompletionResult]::new('--url', '--url', [CompletionResultType]::ParameterName, 'Address of a gateway, instead of $MODELGATE_URL or the one that runs on this machine')
            [CompletionResult]::new('--key', '--key', [CompletionResultType]::ParameterName, 'Its management key; $MODELGATE_MANAGEMENT_KEY says it without showing it in the list of processes')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Configuration file; otherwise $MODELGATE_CONFIG, ./modelgate.yaml, or the one in your configuration directory')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour; NO_COLOR in the environment counts too')
            [CompletionResult]::new('--show-secrets', '--show-secrets', [CompletionResultType]::ParameterName, 'Show secrets in clear')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Print JSON for scripts')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print only data, warnings and errors')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print only data, warnings and errors')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'modelgate;config;set' {
            [CompletionResult]::new('--url', '--url', [CompletionResultType]::ParameterName, 'Address of a gateway, instead of $MODELGATE_URL or the one that runs on this machine')
            [CompletionResult]::new('--key', '--key', [CompletionResultType]::ParameterName, 'Its management key; $MODELGATE_MANAGEMENT_KEY says it without showing it in the list of processes')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Configuration file; otherwise $MODELGATE_CONFIG, ./modelgate.yaml, or the one in your configuration directory')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour; NO_COLOR in the environment counts too')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Print JSON for scripts')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print only data, warnings and errors')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print only data, warnings and errors')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'modelgate;config;unset' {
            [CompletionResult]::new('--url', '--url', [CompletionResultType]::ParameterName, 'Address of a gateway, instead of $MODELGATE_URL or the one that runs on this machine')
            [CompletionResult]::new('--key', '--key', [CompletionResultType]::ParameterName, 'Its management key; $MODELGATE_MANAGEMENT_KEY says it without showing it in the list of processes')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Configuration file; otherwise $MODELGATE_CONFIG, ./modelgate.yaml, or the one in your configuration directory')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour; NO_COLOR in the environment counts too')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Print JSON for scripts')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print only data, warnings and errors')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print only data, warnings and errors')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'modelgate;config;edit' {
            [CompletionResult]::new('--url', '--url', [CompletionResultType]::ParameterName, 'Address of a gateway, instead of $MODELGATE_URL or the one that runs on this machine')
            [CompletionResult]::new('--key', '--key', [CompletionResultType]::ParameterName, 'Its management key; $MODELGATE_MANAGEMENT_KEY says it without showing it in the list of processes')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Configuration file; otherwise $MODELGATE_CONFIG, ./modelgate.yaml, or the one in your configuration directory')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour; NO_COLOR in the environment counts too')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Print JSON for scripts')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print only data, warnings and errors')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print only data, warnings and errors')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'modelgate;config;help' {
            [CompletionResult]::new('init', 'init', [CompletionResultType]::ParameterValue, 'Write a commented configuration file with one new client key')
            [CompletionResult]::new('check', 'check', [CompletionResultType]::ParameterValue, 'Check the configuration file and list everything that is wrong with it')
            [CompletionResult]::new('show', 'show', [CompletionResultType]::ParameterValue, 'Show the settings that count: the file, the environment and the defaults together')
            [CompletionResult]::new('path', 'path', [CompletionResultType]::ParameterValue, 'Print where the configuration file is, or would be')
            [CompletionResult]::new('get', 'get', [CompletionResultType]::ParameterValue, 'Print one setting of the configuration file')
            [CompletionResult]::new('set', 'set', [CompletionResultType]::ParameterValue, 'Change one setting of the configuration file, which is put to use at once')
            [CompletionResult]::new('unset', 'unset', [CompletionResultType]::ParameterValue, 'Take one setting out of the configuration file, so that its default counts')
            [CompletionResult]::new('edit', 'edit', [CompletionResultType]::ParameterValue, 'Change the configuration file in your editor')
            [CompletionResult]::new('help', 'help', [CompletionResultType]::ParameterValue, 'Print this message or the help of the given subcommand(s)')
            break
        }
        'modelgate;config;help;init' {
            break
        }
        'modelgate;config;help;check' {
            break
        }
        'modelgate;config;help;show' {
            break
        }
        'modelgate;config;help;path' {
            break
        }
        'modelgate;config;help;get' {
            break
        }
        'modelgate;config;help;set' {
            break
        }
        'modelgate;config;help;unset' {
            break
        }
        'modelgate;config;help;edit' {
            break
        }
        'modelgate;config;help;help' {
            break
        }
        'modelgate;completions' {
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Configuration file; otherwise $MODELGATE_CONFIG, ./modelgate.yaml, or the one in your configuration directory')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour; NO_COLOR in the environment counts too')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Print JSON for scripts')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print only data, warnings and errors')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print only data, warnings and errors')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'modelgate;man' {
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Configuration file; otherwise $MODELGATE_CONFIG, ./modelgate.yaml, or the one in your configuration directory')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour; NO_COLOR in the environment counts too')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Print JSON for scripts')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print only data, warnings and errors')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print only data, warnings and errors')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'modelgate;version' {
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Configuration file; otherwise $MODELGATE_CONFIG, ./modelgate.yaml, or the one in your configuration directory')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour; NO_COLOR in the environment counts too')
            [CompletionResult]::new('--json', '--json', [CompletionResultType]::ParameterName, 'Print JSON for scripts')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Print only data, warnings and errors')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Print only data, warnings and errors')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            break
        }
        'modelgate;help' {
            [CompletionResult]::new('serve', 'serve', [CompletionResultType]::ParameterValue, 'Start the gateway')
            [CompletionResult]::new('dashboard', 'dashboard', [CompletionResultType]::ParameterValue, 'Watch and look after a gateway, live')
            [CompletionResult]::new('login', 'login', [CompletionResultType]::ParameterValue, 'Log in to an account of a provider')
            [CompletionResult]::new('logout', 'logout', [CompletionResultType]::ParameterValue, 'Forget an account and delete its file')
            [CompletionResult]::new('models', 'models', [CompletionResultType]::ParameterValue, 'List the models that clients can ask for')
            [CompletionResult]::new('accounts', 'accounts', [CompletionResultType]::ParameterValue, 'Show the accounts of a running gateway, or change one')
            [CompletionResult]::new('keys', 'keys', [CompletionResultType]::ParameterValue, 'Show the client keys, make new ones, or end old ones')
            [CompletionResult]::new('usage', 'usage', [CompletionResultType]::ParameterValue, 'Show what requests used and cost')
            [CompletionResult]::new('why', 'why', [CompletionResultType]::ParameterValue, 'Tell what became of a request, and why')
            [CompletionResult]::new('route', 'route', [CompletionResultType]::ParameterValue, 'Tell which account would answer for a model now, and why')
            [CompletionResult]::new('logs', 'logs', [CompletionResultType]::ParameterValue, 'Show what the gateway logs')
            [CompletionResult]::new('config', 'config', [CompletionResultType]::ParameterValue, 'Make, check, look at and change the configuration file')
            [CompletionResult]::new('completions', 'completions', [CompletionResultType]::ParameterValue, 'Print a completion script for a shell')
            [CompletionResult]::new('man', 'man', [CompletionResultType]::ParameterValue, 'Print a manual page')
            [CompletionResult]::new('version', 'version', [CompletionResultType]::ParameterValue, 'Print the version')
            [CompletionResult]::new('help', 'help', [CompletionResultType]::ParameterValue, 'Print this message or the help of the given subcommand(s)')
            break
        }
        'modelgate;help;serve' {
            break
        }
        'modelgate;help;dashboard' {
            break
        }
        'modelgate;help;login' {
            break
        }
        'modelgate;help;logout' {
            break
        }
        'modelgate;help;models' {
            break
        }
        'modelgate;help;accounts' {
            [CompletionResult]::new('enable', 'enable', [CompletionResultType]::ParameterValue, 'Send requests with an account again')
            [CompletionResult]::new('disable', 'disable', [CompletionResultType]::ParameterValue, 'Send no more requests with an account')
            [CompletionResult]::new('clear-cooldown', 'clear-cooldown', [CompletionResultType]::ParameterValue, 'Try an account again at once, whatever made it cool down')
            [CompletionResult]::new('refresh', 'refresh', [CompletionResultType]::ParameterValue, 'Renew the access token of an account now')
            [CompletionResult]::new('remove', 'remove', [CompletionResultType]::ParameterValue, 'Forget an account and delete its file')
            break
        }
        'modelgate;help;accounts;enable' {
            break
        }
        'modelgate;help;accounts;disable' {
            break
        }
        'modelgate;help;accounts;clear-cooldown' {
            break
        }
        'modelgate;help;accounts;refresh' {
            break
        }
        'modelgate;help;accounts;remove' {
            break
        }
        'modelgate;help;keys' {
            [CompletionResult]::new('list', 'list', [CompletionResultType]::ParameterValue, 'List the client keys')
            [CompletionResult]::new('add', 'add', [CompletionResultType]::ParameterValue, 'Make a new client key and show it, this once')
            [CompletionResult]::new('revoke', 'revoke', [CompletionResultType]::ParameterValue, 'End a client key: who presents it is refused from now on')
            [CompletionResult]::new('rotate', 'rotate', [CompletionResultType]::ParameterValue, 'Replace a client key by a new one that may do the same, and show it, this once')
            [CompletionResult]::new('provider', 'provider', [CompletionResultType]::ParameterValue, 'Show the keys that are presented to providers, add one, or remove one')
            break
        }
        'modelgate;help;keys;list' {
            break
        }
        'modelgate;help;keys;add' {
            break
        }
        'modelgate;help;keys;revoke' {
            break
        }
        'modelgate;help;keys;rotate' {
            break
        }
        'modelgate;help;keys;provider' {
            [CompletionResult]::new('list', 'list', [CompletionResultType]::ParameterValue, 'List the provider keys of the configuration')
            [CompletionResult]::new('add', 'add', [CompletionResultType]::ParameterValue, 'Add a provider key to the configuration')
            [CompletionResult]::new('remove', 'remove', [CompletionResultType]::ParameterValue, 'Remove an entry with its keys from the configuration')
            break
        }
        'modelgate;help;keys;provider;list' {
            break
        }
        'modelgate;help;keys;provider;add' {
            break
        }
        'modelgate;help;keys;provider;remove' {
            break
        }
        'modelgate;help;usage' {
            [CompletionResult]::new('export', 'export', [CompletionResultType]::ParameterValue, 'Write every request of a time to stdout')
            [CompletionResult]::new('import', 'import', [CompletionResultType]::ParameterValue, 'Take over the usage of another gateway')
            break
        }
        'modelgate;help;usage;export' {
            break
        }
        'modelgate;help;usage;import' {
            break
        }
        'modelgate;help;why' {
            break
        }
        'modelgate;help;route' {
            break
        }
        'modelgate;help;logs' {
            break
        }
        'modelgate;help;config' {
            [CompletionResult]::new('init', 'init', [CompletionResultType]::ParameterValue, 'Write a commented configuration file with one new client key')
            [CompletionResult]::new('check', 'check', [CompletionResultType]::ParameterValue, 'Check the configuration file and list everything that is wrong with it')
            [CompletionResult]::new('show', 'show', [CompletionResultType]::ParameterValue, 'Show the settings that count: the file, the environment and the defaults together')
            [CompletionResult]::new('path', 'path', [CompletionResultType]::ParameterValue, 'Print where the configuration file is, or would be')
            [CompletionResult]::new('get', 'get', [CompletionResultType]::ParameterValue, 'Print one setting of the configuration file')
            [CompletionResult]::new('set', 'set', [CompletionResultType]::ParameterValue, 'Change one setting of the configuration file, which is put to use at once')
            [CompletionResult]::new('unset', 'unset', [CompletionResultType]::ParameterValue, 'Take one setting out of the configuration file, so that its default counts')
            [CompletionResult]::new('edit', 'edit', [CompletionResultType]::ParameterValue, 'Change the configuration file in your editor')
            break
        }
        'modelgate;help;config;init' {
            break
        }
        'modelgate;help;config;check' {
            break
        }
        'modelgate;help;config;show' {
            break
        }
        'modelgate;help;config;path' {
            break
        }
        'modelgate;help;config;get' {
            break
        }
        'modelgate;help;config;set' {
            break
        }
        'modelgate;help;config;unset' {
            break
        }
        'modelgate;help;config;edit' {
            break
        }
        'modelgate;help;completions' {
            break
        }
        'modelgate;help;man' {
            break
        }
        'modelgate;help;version' {
            break
        }
        'modelgate;help;help' {
            break
        }
    })

    $completions.Where{ $_.CompletionText -like "$wordToComplete*" } |
        Sort-Object -Property ListItemText
}
