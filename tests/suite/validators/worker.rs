//! The worker on a queue of Amazon SQS, as an emulator serves it: restarted under load, it loses no message.

use super::{aws_check, validate};
use crate::source::Source;
use crate::{project, sample};

#[test]
fn restarts_under_load_lose_no_message_and_leave_none_half_done() {
    let (_folder, project) = project::named("ecs-worker").copy();
    let service = project.service();
    // Long enough that every restart finds messages in hand.
    let work = "tracing::info!(order, \"began\");
            tokio::time::sleep(std::time::Duration::from_millis(200)).await;
            tracing::info!(cents, \"finished\");";
    let handler = format!("crates/{service}/src/receipts.rs");
    project.replace(&handler, "tracing::info!(order, cents, \"wrote a receipt\");", work);
    let manifest = format!("crates/{service}/Cargo.toml");
    project.replace(
        &manifest,
        "serde_json.workspace = true\n",
        "serde_json.workspace = true\ntokio.workspace = true\n",
    );
    let binary = Source::of(&project).build(service);
    let restarts = sample::size(3, 10).to_string();
    validate(aws_check("worker_queue.py").arg("--binary").arg(binary).args(["--restarts", &restarts])).unwrap();
}
