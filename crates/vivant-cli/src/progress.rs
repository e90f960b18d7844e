//! Progress on stderr, where somebody looks at it.

use std::io::IsTerminal;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use vivant_client::{Source, Target, Watch};

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
            shown: !quiet && std::io::stderr().is_terminal() && !in_pipeline(),
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

    /// Says what is sent now, and shows its bytes as they go.
    pub fn sending(&self, source: impl Into<Source>) -> Source {
        source.into().watched(self.bytes("publishing"))
    }

    /// Says that something is fetched now, and shows its bytes as they come.
    pub fn fetching(&self, target: impl Into<Target>) -> Target {
        target.into().watched(self.bytes("downloading"))
    }

    fn bytes(&self, what: &'static str) -> Watch {
        self.phase(what);
        self.bar.reset();
        let bar = self.bar.clone();
        Watch::new(move |moved, all| {
            if bar.length() != all || bar.position() == 0 {
                match all {
                    Some(all) => {
                        bar.set_length(all);
                        bar.set_style(style(
                            "{msg} {binary_bytes}/{binary_total_bytes} {wide_bar} {binary_bytes_per_sec} {eta} left",
                        ));
                    }
                    None => bar.set_style(style("{msg} {binary_bytes} {spinner} {binary_bytes_per_sec}")),
                }
            }
            bar.set_position(moved);
        })
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

/// Whether a service that builds and tests runs the program; some give it a terminal, where nobody looks.
fn in_pipeline() -> bool {
    std::env::var_os("CI").is_some_and(|value| !value.is_empty() && value != "false")
}

fn style(template: &str) -> ProgressStyle {
    ProgressStyle::with_template(template).expect("the templates above are valid")
}
