"""Where a browser may lead: the folders that typed paths may point into, and the files handed over by upload."""
