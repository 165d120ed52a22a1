//! Writing a file so that a reader sees the old text or the new one, never half of either.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// More links than this in a row are a circle.
const LINKS: usize = 16;

/// Replaces the text of a file: temporary file beside it, fsync, rename. Mode 0600; a directory that has to
/// be made gets 0700. A symbolic link stays, the file it names is replaced.
pub fn save(path: &Path, text: &str) -> io::Result<()> {
    let target = follow_links(path)?;
    let directory = match target.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    make_directory(directory)?;
    let (temporary, mut file) = create_beside(&target, directory)?;
    let written = file
        .write_all(text.as_bytes())
        .and_then(|()| file.sync_all())
        .and_then(|()| fs::rename(&temporary, &target));
    if written.is_err() {
        // The first error is the one to report.
        fs::remove_file(&temporary).ok();
        return written;
    }
    sync_directory(directory)
}

/// The file that a chain of symbolic links names, also when it does not exist yet.
pub(crate) fn follow_links(path: &Path) -> io::Result<PathBuf> {
    let mut target = path.to_owned();
    for _ in 0..LINKS {
        match fs::symlink_metadata(&target) {
            Ok(metadata) if metadata.is_symlink() => {
                let next = fs::read_link(&target)?;
                target = target.parent().unwrap_or(Path::new("")).join(next);
            }
            Ok(_) => return Ok(target),
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(target),
            Err(error) => return Err(error),
        }
    }
    Err(io::Error::other("too many symbolic links"))
}

/// Makes a directory with mode 0700, with those above it, where they are missing.
pub fn make_directory(directory: &Path) -> io::Result<()> {
    let mut builder = DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(directory)
}

fn create_beside(target: &Path, directory: &Path) -> io::Result<(PathBuf, File)> {
    let name = target
        .file_name()
        .ok_or_else(|| io::Error::new(io::ErrorKind::InvalidInput, "the path names no file"))?;
    let random = getrandom::u64().map_err(io::Error::other)?;
    let temporary = directory.join(format!(".{}.{random:016x}.tmp", name.to_string_lossy()));
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let file = options.open(&temporary)?;
    Ok((temporary, file))
}

/// Makes the rename itself durable, where directories can be opened.
fn sync_directory(directory: &Path) -> io::Result<()> {
    if cfg!(unix) {
        File::open(directory)?.sync_all()
    } else {
        Ok(())
    }
}

#[cfg(test)]
#[cfg(unix)]
mod tests {
    use std::os::unix::fs::{PermissionsExt, symlink};

    use super::*;

    fn mode(path: &Path) -> u32 {
        fs::metadata(path).unwrap().permissions().mode() & 0o777
    }

    fn names(directory: &Path) -> Vec<String> {
        let mut names: Vec<_> = fs::read_dir(directory)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }

    #[test]
    fn new_files_and_directories_are_private() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("a/b/config.yaml");
        save(&path, "port: 1\n").unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "port: 1\n");
        assert_eq!(
            (
                mode(&path),
                mode(path.parent().unwrap()),
                mode(&directory.path().join("a"))
            ),
            (0o600, 0o700, 0o700)
        );
        assert_eq!(names(path.parent().unwrap()), ["config.yaml"]);
    }

    #[test]
    fn an_open_file_becomes_private_and_its_directory_keeps_its_mode() {
        let directory = tempfile::tempdir().unwrap();
        fs::set_permissions(directory.path(), fs::Permissions::from_mode(0o755)).unwrap();
        let path = directory.path().join("config.yaml");
        fs::write(&path, "old").unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
        save(&path, "new").unwrap();
        assert_eq!(
            (
                fs::read_to_string(&path).unwrap().as_str(),
                mode(&path),
                mode(directory.path())
            ),
            ("new", 0o600, 0o755)
        );
    }

    #[test]
    fn a_link_stays_a_link() {
        let directory = tempfile::tempdir().unwrap();
        let (link, real) = (
            directory.path().join("config.yaml"),
            directory.path().join("dotfiles/real.yaml"),
        );
        fs::create_dir(directory.path().join("dotfiles")).unwrap();
        symlink("dotfiles/real.yaml", &link).unwrap();
        for text in ["dangling", "existing"] {
            save(&link, text).unwrap();
            assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
            assert_eq!(fs::read_to_string(&real).unwrap(), text);
        }
        let circle = directory.path().join("circle");
        symlink("circle", &circle).unwrap();
        assert!(save(&circle, "x").is_err());
    }

    #[test]
    fn a_failed_save_leaves_nothing_behind() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("config.yaml");
        fs::create_dir(&path).unwrap();
        assert!(save(&path, "x").is_err());
        assert_eq!(names(directory.path()), ["config.yaml"]);
    }
}
