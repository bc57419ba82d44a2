-- Prosody as a partner outside: a server for DOMAIN at ADDRESS. What is in
-- capitals between @ signs is filled in by tests/journey/support/prosody.py.
run_as_root = true
daemonize = false
pidfile = "@FOLDER@/pid"
data_path = "@FOLDER@/data"
log = { debug = "@FOLDER@/prosody.log" }
interfaces = { "@ADDRESS@" }
plugin_paths = {}
modules_enabled = { "roster", "saslauth", "tls", "disco", "ping", @MODULES@ }
modules_disabled = { "s2s_bidi", "offline" }
authentication = "internal_plain"
storage = "internal"
allow_unencrypted_plain_auth = true
c2s_require_encryption = false
s2s_require_encryption = @TLS@
s2s_secure_auth = @SECURE@
s2s_timeout = 30
-- none is trusted that we ask for: an empty list is taken for nothing
local anchor = "nowhere.invalid. IN DS 1 8 2 " .. ("00"):rep(32)
unbound = { resolvconf = true, hoststxt = false, trusted = anchor }
ssl = { cafile = "@CA@" }

VirtualHost "@DOMAIN@"
	ssl = {
		key = "@KEY@",
		certificate = "@CHAIN@",
		cafile = "@CA@",
	}
