resource "aws_kms_key" "evidence" {
  description             = "evidence"
  enable_key_rotation     = true
  deletion_window_in_days = 30

  lifecycle {
    prevent_destroy = true
  }
}
