// Starts the process of the simulated sites, or says in one sentence why not. Never: a stack shown for a setting that is
// wrong.
