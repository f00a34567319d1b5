"""Studies on disk: the format and its only reader, the folder of a user's studies, snapshots, and the workspace in
which a study is built before it appears, complete. Nothing here computes what it stores."""
