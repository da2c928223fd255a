module offramp.invalid/offramptest

go 1.22
