//! Crates that must not enter Cargo.lock. The list is the one that cargo-deny reads, in `deny.toml`.

use super::Finding;

/// Holds a lock file against the bans of a cargo-deny configuration.
pub fn check(path: &str, lock: &str, deny: &str) -> Result<Vec<Finding>, String> {
    let bans = bans(deny)?;
    let mut findings = Vec::new();
    for (number, line) in (1..).zip(lock.lines()) {
        let Some(name) = line
            .strip_prefix("name = ")
            .map(|quoted| quoted.trim_matches('"'))
        else {
            continue;
        };
        if let Some((_, reason)) = bans.iter().find(|(banned, _)| *banned == name) {
            findings.push(Finding::new(
                path,
                number,
                format!(
                    "`{name}` is banned by deny.toml: {reason} (`cargo tree -i {name}` shows who brings it)"
                ),
            ));
        }
    }
    Ok(findings)
}

/// The rows `{ crate = "name", reason = "why" }` of the `deny` list.
fn bans(deny: &str) -> Result<Vec<(&str, &str)>, String> {
    let mut lines = deny.lines().map(str::trim).skip_while(|line| *line != "deny = [");
    lines.next().ok_or("deny.toml has no line `deny = [`")?;
    let mut bans = Vec::new();
    for line in lines
        .take_while(|line| *line != "]")
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
    {
        let row = line
            .strip_prefix("{ crate = \"")
            .and_then(|rest| rest.split_once('"'))
            .and_then(|(name, rest)| {
                let reason = rest.strip_prefix(", reason = \"")?.strip_suffix("\" },")?;
                Some((name, reason))
            });
        bans.push(row.ok_or_else(|| {
            format!("deny.toml: a ban is written `{{ crate = \"name\", reason = \"why\" }},`, not `{line}`")
        })?);
    }
    if bans.is_empty() {
        Err("deny.toml bans nothing".to_owned())
    } else {
        Ok(bans)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DENY: &str =
        "[bans]\ndeny = [\n    # TLS\n    { crate = \"native-tls\", reason = \"rustls only\" },\n]\n";

    #[test]
    fn a_banned_crate_is_found_with_the_reason() {
        let lock = "[[package]]\nname = \"native-tls\"\nversion = \"1.0.0\"\n";
        let findings = check("Cargo.lock", lock, DENY).unwrap();
        assert_eq!(
            findings[0].to_string(),
            "Cargo.lock:2: `native-tls` is banned by deny.toml: rustls only \
             (`cargo tree -i native-tls` shows who brings it)"
        );
    }

    #[test]
    fn a_name_that_only_contains_a_ban_is_fine() {
        let lock = "[[package]]\nname = \"native-tls-alike\"\ndependencies = [\n \"native-tls\",\n]\n";
        assert_eq!(check("Cargo.lock", lock, DENY).unwrap(), []);
    }

    #[test]
    fn a_list_that_cannot_be_read_is_an_error() {
        assert!(check("Cargo.lock", "", "deny = [\n]\n").is_err());
        assert!(check("Cargo.lock", "", "[bans]\n").is_err());
        assert!(check("Cargo.lock", "", "deny = [\n\"native-tls\",\n]\n").is_err());
    }
}
