//! The server's certificate.

use std::sync::Arc;

use modelgate_config::model::Tls;
use rustls_pki_types::pem::PemObject as _;
use rustls_pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::TlsAcceptor;

use crate::server::StartError;

/// Reads the certificate and key of `tls`; h2 and HTTP/1.1 are offered.
pub(crate) fn acceptor(tls: &Tls) -> Result<TlsAcceptor, StartError> {
    modelgate_providers::client::install_tls();
    let unreadable = |path: &std::path::Path, reason: String| StartError::Tls {
        path: path.to_owned(),
        reason,
    };
    let chain: Result<Vec<_>, _> =
        CertificateDer::pem_file_iter(&tls.cert).and_then(Iterator::collect);
    let chain = chain.map_err(|error| unreadable(&tls.cert, error.to_string()))?;
    if chain.is_empty() {
        return Err(unreadable(
            &tls.cert,
            "the file holds no certificate".to_owned(),
        ));
    }
    let key = PrivateKeyDer::from_pem_file(&tls.key)
        .map_err(|error| unreadable(&tls.key, error.to_string()))?;
    let mut config = rustls::ServerConfig::builder()
        .with_no_client_auth()
        .with_single_cert(chain, key)
        .map_err(|error| unreadable(&tls.key, error.to_string()))?;
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(TlsAcceptor::from(Arc::new(config)))
}
