// Never imported by Node or browsers: they resolve @libp2p/webrtc to files that use other implementations.
