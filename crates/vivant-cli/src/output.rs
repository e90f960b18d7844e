//! The one place that writes to stdout.

use std::io::{self, Write};

/// Writes bytes to stdout.
///
/// A reader that has gone away, such as `head`, had what it wanted: that is no failure.
pub fn stdout(bytes: &[u8]) -> io::Result<()> {
    let mut out = io::stdout().lock();
    match out.write_all(bytes).and_then(|()| out.flush()) {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        other => other,
    }
}
