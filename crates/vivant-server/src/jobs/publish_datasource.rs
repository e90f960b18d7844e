//! Publishing as a job.
use super::{Ended, Failure, Work};
/// x
pub async fn run(_work: Work) -> Ended {
    Err(Failure::Failed("x".into()))
}
