//! Progress on stderr, where somebody looks at it.

use std::io::IsTerminal;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// A bar on a terminal; nothing elsewhere, since lines of a log say the same.
#[derive(Debug)]
pub struct Progress {
    bar: ProgressBar,
    shown: bool,
}

impl Progress {
    /// Makes one that shows nothing yet, so that it does not get in the way of a question; a `quiet` one
    /// never shows anything, as when log lines go to the same terminal.
    pub fn new(quiet: bool) -> Self {
        Self {
            bar: ProgressBar::with_draw_target(None, ProgressDrawTarget::hidden()),
            shown: !quiet && std::io::stderr().is_terminal(),
        }
    }

    /// Says what is being done now.
    pub fn phase(&self, what: &'static str) {
        self.bar.unset_length();
        self.bar.set_position(0);
        self.bar.set_message(what);
        self.bar.set_style(style("{msg} {spinner} {elapsed}"));
        if self.shown {
            self.bar.set_draw_target(ProgressDrawTarget::stderr());
        }
    }

    /// Says how much there is.
    pub fn total(&self, total: u64) {
        self.bar.set_length(total);
        self.bar
            .set_style(style("{msg} {pos}/{len} {wide_bar} {elapsed}"));
    }

    /// Says that more was done.
    pub fn add(&self, done: usize) {
        self.bar.inc(done as u64);
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}

fn style(template: &str) -> ProgressStyle {
    ProgressStyle::with_template(template).expect("the templates above are valid")
}
