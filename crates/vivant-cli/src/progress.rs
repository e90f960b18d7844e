//! Progress on stderr, where somebody looks at it.

use std::io::IsTerminal;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// A bar on a terminal; nothing elsewhere, since lines of a log say the same.
#[derive(Debug)]
pub struct Progress(ProgressBar);

impl Progress {
    /// Begins; `quiet` shows nothing, as when log lines go to the same terminal.
    pub fn new(what: &'static str, quiet: bool) -> Self {
        let target = match quiet || !std::io::stderr().is_terminal() {
            true => ProgressDrawTarget::hidden(),
            false => ProgressDrawTarget::stderr(),
        };
        let bar = ProgressBar::with_draw_target(None, target);
        let style = ProgressStyle::with_template("{msg} {pos}/{len} {wide_bar} {elapsed}")
            .expect("the template is valid");
        bar.set_style(style);
        bar.set_message(what);
        Self(bar)
    }

    /// Says what is being done now.
    pub fn phase(&self, what: &'static str) {
        self.0.set_message(what);
        self.0.set_position(0);
        self.0.unset_length();
    }

    /// Says how much there is.
    pub fn total(&self, total: u64) {
        self.0.set_length(total);
    }

    /// Says that more was done.
    pub fn add(&self, done: usize) {
        self.0.inc(done as u64);
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.0.finish_and_clear();
    }
}
