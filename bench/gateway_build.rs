//! Finds the gateway of this workspace, and builds it first so that no stale one is measured.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, ensure};

/// Builds the release binary beside this program and returns its path.
pub(crate) fn gateway() -> Result<PathBuf> {
    let bench = std::env::current_exe()?;
    let target = bench
        .parent()
        .and_then(Path::parent)
        .context("this program is not in a target directory; name the gateway with --gateway")?;
    let manifest = Path::new(env!("CARGO_MANIFEST_DIR")).join("../Cargo.toml");
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let status = Command::new(cargo)
        .args([
            "build",
            "--release",
            "--package",
            "modelgate",
            "--manifest-path",
        ])
        .arg(manifest)
        .arg("--target-dir")
        .arg(target)
        .stdout(Stdio::null())
        .status()
        .context("running cargo; name a built gateway with --gateway")?;
    ensure!(status.success(), "the gateway was not built: {status}");
    Ok(target.join("release").join("modelgate"))
}
