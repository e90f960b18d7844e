//! The document of the endpoints: every method of the reference, and the file that answers it here.
//!
//! Both sources are read as text, so that the document builds without the server. Where their shape is not the
//! one described at [`endpoints`] and [`routes`], that is an error and never an empty table.

use std::collections::BTreeSet;
use std::fmt::Write;
use std::path::Path;

use super::errors::{self, Row};
use super::tokens::{Token, tokens};
use crate::files;

const PATHS: &str = "crates/vivant-wire/src/paths.rs";
const ROUTER: &str = "crates/vivant-server/src/router.rs";

/// The folders below which a route's handler is looked for.
const HANDLERS: &[&str] = &["crates/vivant-server/src/api", "crates/vivant-server/src"];

/// A row of the path table.
#[derive(Debug, PartialEq)]
struct Endpoint {
    area: String,
    operation: String,
    method: String,
    path: String,
    since: String,
}

/// A row of the router: an operation and the path of the function that answers it.
#[derive(Debug, PartialEq)]
struct Route {
    operation: String,
    handler: Vec<String>,
    line: usize,
}

/// The document as it should be.
pub fn document(root: &Path) -> Result<String, String> {
    let endpoints = endpoints(&files::read(root, PATHS)?).map_err(|e| format!("{PATHS}: {e}"))?;
    let routes = routes(&files::read(root, ROUTER)?).map_err(|e| format!("{ROUTER}: {e}"))?;
    for (at, route) in routes.iter().enumerate() {
        let known = endpoints
            .iter()
            .any(|endpoint| endpoint.operation == route.operation);
        if !known {
            return Err(format!(
                "{ROUTER}:{}: `{}` is no operation of {PATHS}",
                route.line, route.operation
            ));
        }
        if routes[..at]
            .iter()
            .any(|other| other.operation == route.operation)
        {
            return Err(format!(
                "{ROUTER}:{}: `{}` has a second route",
                route.line, route.operation
            ));
        }
    }
    let mut files = Vec::new();
    for endpoint in &endpoints {
        let route = routes.iter().find(|route| route.operation == endpoint.operation);
        files.push(route.map(|route| handler_file(root, route)).transpose()?);
    }
    Ok(render(&endpoints, &files, &errors::rows(root)?))
}

/// The operations that have a route.
pub fn served(root: &Path) -> Result<BTreeSet<String>, String> {
    let routes = routes(&files::read(root, ROUTER)?).map_err(|e| format!("{ROUTER}: {e}"))?;
    Ok(routes.into_iter().map(|route| route.operation).collect())
}

/// The rows `Endpoint { area: "…", operation: "…", method: Method::Get, path: "…", since: V(3, 1) }`,
/// with their fields in any order.
fn endpoints(source: &str) -> Result<Vec<Endpoint>, String> {
    let tokens = tokens(source)?;
    let mut endpoints = Vec::new();
    for (at, token) in tokens.iter().enumerate() {
        let opens = token.word() == Some("Endpoint") && tokens.get(at + 1).is_some_and(|next| next.is('{'));
        // `struct Endpoint {` and `impl Endpoint {` are no rows, nor is a block after `-> Endpoint`.
        let is_row = tokens
            .get(at.wrapping_sub(1))
            .is_some_and(|before| ['[', ','].iter().any(|c| before.is(*c)));
        if opens && is_row {
            endpoints.push(endpoint(&tokens[at + 2..]).map_err(|e| format!("line {}: {e}", token.line))?);
        }
    }
    if endpoints.is_empty() {
        Err("holds no row `Endpoint { … }`".to_owned())
    } else {
        Ok(endpoints)
    }
}

/// One row, from behind its opening brace.
fn endpoint(tokens: &[Token]) -> Result<Endpoint, String> {
    let end = tokens
        .iter()
        .position(|token| token.is('}'))
        .ok_or("the row does not end")?;
    let row = &tokens[..end];
    let field = |name: &str| {
        row.windows(2)
            .position(|pair| pair[0].word() == Some(name) && pair[1].is(':'))
            .map(|at| &row[at + 2..])
            .ok_or_else(|| format!("the row has no field `{name}`"))
    };
    let text = |name: &str| {
        let value = field(name)?.first().and_then(Token::text).map(str::to_owned);
        value.ok_or_else(|| format!("the field `{name}` is not a text"))
    };
    let method = match field("method")? {
        [kind, colon, colon_2, name, ..]
            if kind.word() == Some("Method") && colon.is(':') && colon_2.is(':') =>
        {
            name.word().map(str::to_ascii_uppercase)
        }
        _ => None,
    };
    let since = match field("since")? {
        [v, open, major, comma, minor, close, ..]
            if v.word() == Some("V") && open.is('(') && comma.is(',') && close.is(')') =>
        {
            major
                .word()
                .zip(minor.word())
                .map(|(major, minor)| format!("{major}.{minor}"))
        }
        _ => None,
    };
    Ok(Endpoint {
        area: text("area")?,
        operation: text("operation")?,
        path: text("path")?,
        method: method.ok_or("the field `method` is not written `Method::Get`")?,
        since: since.ok_or("the field `since` is not written `V(3, 1)`")?,
    })
}

/// The rows `("Operation", on(path::to::handler))`, whatever the function around the handler is called.
/// Any other text before the file's tests is an error, unless it is an address, which begins with `/`.
fn routes(source: &str) -> Result<Vec<Route>, String> {
    let tokens = tokens(source)?;
    let tests = tokens
        .windows(3)
        .position(|w| w[0].word() == Some("cfg") && w[1].is('(') && w[2].word() == Some("test"));
    let tokens = &tokens[..tests.unwrap_or(tokens.len())];
    let mut routes = Vec::new();
    for (at, token) in tokens.iter().enumerate() {
        let Some(operation) = token.text().filter(|text| !text.starts_with('/')) else {
            continue;
        };
        let handler = match &tokens[at + 1..] {
            [comma, on, open, rest @ ..] if comma.is(',') && on.word().is_some() && open.is('(') => {
                path(rest)
            }
            _ => Vec::new(),
        };
        if handler.len() < 2 {
            return Err(format!(
                "line {}: expected `\"{operation}\", on(path::to::handler)`, with a path of two names or more",
                token.line
            ));
        }
        routes.push(Route {
            operation: operation.to_owned(),
            handler,
            line: token.line,
        });
    }
    if routes.is_empty() {
        Err("holds no row `\"Operation\", on(path::to::handler)`".to_owned())
    } else {
        Ok(routes)
    }
}

/// The names of a path `a::b::c` at the start of the tokens.
fn path(tokens: &[Token]) -> Vec<String> {
    let mut names = Vec::new();
    let mut rest = tokens;
    while let Some(name) = rest.first().and_then(Token::word) {
        names.push(name.to_owned());
        match rest {
            [_, a, b, after @ ..] if a.is(':') && b.is(':') => rest = after,
            _ => break,
        }
    }
    names
}

/// The file that holds a route's handler: `workbooks::query_workbook` lies in `workbooks/query_workbook.rs`, or
/// where several small ones share a file, in that of their module or another of its folder.
fn handler_file(root: &Path, route: &Route) -> Result<String, String> {
    let names: Vec<&str> = route
        .handler
        .iter()
        .map(String::as_str)
        .filter(|name| !["crate", "self", "super"].contains(name))
        .collect();
    let function = names
        .last()
        .ok_or_else(|| format!("{ROUTER}:{}: the route names no handler", route.line))?;
    let holds = |file: &str| {
        let text = files::read(root, file).unwrap_or_default();
        [format!("fn {function}("), format!("fn {function}<")]
            .iter()
            .any(|start| text.contains(start))
    };
    for length in (1..=names.len()).rev() {
        for folder in HANDLERS {
            let module = format!("{folder}/{}", names[..length].join("/"));
            let mut places = vec![format!("{module}.rs"), format!("{module}/mod.rs")];
            if length < names.len() {
                places.extend(files::walk(root, &module)?);
            }
            if let Some(file) = places.into_iter().find(|f| holds(f)) {
                return Ok(file);
            }
        }
    }
    Err(format!(
        "{ROUTER}:{}: no file on the way to `{}` below {} holds the function",
        route.line,
        route.handler.join("::"),
        HANDLERS[0]
    ))
}

fn render(endpoints: &[Endpoint], files: &[Option<String>], rows: &[Row]) -> String {
    let implemented = files.iter().flatten().count();
    let mut out = format!(
        "# Endpoints\n\n\
         Every method of the REST reference that Vivant knows, and the file that answers it.\n\
         Addresses stand behind `/api/{{version}}`, or are whole where they begin with `/api/`.\n\
         A method that is not implemented yet answers 501; one that is newer than the version in the address answers 404.\n\n\
         Implemented: {implemented} of {}.\n\n\
         The last column says how many of the operation's [error rows](errors.md) a test provokes, and which test; who may \
         call it is asked by `tests/acceptance/test_permission_matrix.py`, for every operation.\n\n\
         This page is written by `cargo xtask codegen` from `{PATHS}`, `{ROUTER}` and `{}`.\n\n\
         | Area | Operation | Method | Path | Since | State | Handler | Errors tested |\n\
         | --- | --- | --- | --- | --- | --- | --- | --- |\n",
        endpoints.len(),
        errors::TABLE
    );
    for (endpoint, file) in endpoints.iter().zip(files) {
        let Endpoint {
            area,
            operation,
            method,
            path,
            since,
        } = endpoint;
        let sharing = errors::SHARING
            .iter()
            .filter(|(_, other, _)| other == operation)
            .map(|(name, _, since)| (*name, *since));
        for (operation, since) in std::iter::once((operation.as_str(), since.as_str())).chain(sharing) {
            let (state, file, tests) = match file {
                Some(file) => (
                    "implemented",
                    format!("`{file}`"),
                    errors::summary(rows, operation),
                ),
                None => ("answers 501", String::new(), String::new()),
            };
            let line = format!(
                "| {area} | {operation} | {method} | `{path}` | {since} | {state} | {file} | {tests} |"
            );
            // An empty cell would leave two spaces, which is one more than the rest of the table has.
            writeln!(out, "{}", line.replace("  |", " |")).expect("writing to a String cannot fail");
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    const ROW: &str = "const ENDPOINTS: &[Endpoint] = &[\n    Endpoint { area: \"Sites\", operation: \"Query Site\", \
                       method: Method::Get, path: \"/sites/{site-id}\", since: V(2, 0) },\n];\n";

    #[test]
    fn rows_of_the_path_table_are_read() {
        let source = format!("pub struct Endpoint {{ pub area: &'static str }}\nimpl Endpoint {{}}\n{ROW}");
        let wanted = Endpoint {
            area: "Sites".to_owned(),
            operation: "Query Site".to_owned(),
            method: "GET".to_owned(),
            path: "/sites/{site-id}".to_owned(),
            since: "2.0".to_owned(),
        };
        assert_eq!(endpoints(&source).unwrap(), [wanted]);
    }

    #[test]
    fn a_path_table_of_another_shape_is_an_error() {
        assert!(endpoints("").unwrap_err().contains("no row"));
        let check = |from: &str, to: &str| endpoints(&ROW.replace(from, to)).unwrap_err();
        assert_eq!(
            check("V(2, 0)", "\"2.0\""),
            "line 2: the field `since` is not written `V(3, 1)`"
        );
        assert_eq!(
            check("Method::Get", "Get"),
            "line 2: the field `method` is not written `Method::Get`"
        );
        assert_eq!(
            check("area: \"Sites\", ", ""),
            "line 2: the row has no field `area`"
        );
        assert_eq!(
            check("\"Sites\"", "SITES"),
            "line 2: the field `area` is not a text"
        );
    }

    #[test]
    fn rows_of_the_router_are_read() {
        let source = "address(\"/healthz\");\n\
                      (\"Query Site\", on(sites::query_site)),\n\
                      #[cfg(test)] mod tests { fn f() { \"anything\" } }";
        let wanted = Route {
            operation: "Query Site".to_owned(),
            handler: ["sites", "query_site"].map(str::to_owned).to_vec(),
            line: 2,
        };
        assert_eq!(routes(source).unwrap(), [wanted]);
    }

    #[test]
    fn a_router_of_another_shape_is_an_error() {
        assert!(routes("fn router() {}").unwrap_err().contains("no row"));
        for other in [
            "\"Query Site\" => on(x::y)",
            "\"Query Site\", handler)",
            "\"Query Site\", on(handler)",
        ] {
            assert!(
                routes(other).unwrap_err().starts_with("line 1: expected"),
                "{other}"
            );
        }
    }

    #[test]
    fn a_method_without_handler_answers_501() {
        let endpoints = endpoints(ROW).unwrap();
        let served = render(&endpoints, &[Some("crates/a.rs".to_owned())], &[]);
        assert!(served.contains(
            "| Sites | Query Site | GET | `/sites/{site-id}` | 2.0 | implemented | `crates/a.rs` | |\n"
        ));
        assert!(served.contains("Implemented: 1 of 1."));
        let missing = render(&endpoints, &[None], &[]);
        assert!(missing.contains("| `/sites/{site-id}` | 2.0 | answers 501 | | |\n"));
    }
}
