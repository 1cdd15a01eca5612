"""服务商: who may retrofit the firms of a programme, how it came in, how it did, and why it had to leave."""
