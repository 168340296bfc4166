package main

import "fmt"

// PublishRequest is written by hand: what the tags say is all that Go's protobuf needs, of any version.
type PublishRequest struct {
	UnixTime      int64  `protobuf:"varint,1,opt,name=unix_time,proto3" json:"unix_time"`
	Running       bool   `protobuf:"varint,2,opt,name=running,proto3" json:"running"`
	MilliCPUUsage uint64 `protobuf:"varint,3,opt,name=milli_cpu_usage,proto3" json:"milli_cpu_usage"`
	MemoryTotalMb uint64 `protobuf:"varint,4,opt,name=memory_total_mb,proto3" json:"memory_total_mb"`
	MemoryRssMb   uint64 `protobuf:"varint,5,opt,name=memory_rss_mb,proto3" json:"memory_rss_mb"`
	MemoryLimitMb uint64 `protobuf:"varint,6,opt,name=memory_limit_mb,proto3" json:"memory_limit_mb"`
	DiskUsageMb   int64  `protobuf:"zigzag64,7,opt,name=disk_usage_mb,proto3" json:"disk_usage_mb"`
	DiskLimitMb   int64  `protobuf:"zigzag64,8,opt,name=disk_limit_mb,proto3" json:"disk_limit_mb"`
	DiskReadKbps  uint64 `protobuf:"varint,9,opt,name=disk_read_kbps,proto3" json:"disk_read_kbps"`
	DiskWriteKbps uint64 `protobuf:"varint,10,opt,name=disk_write_kbps,proto3" json:"disk_write_kbps"`
	DiskReadIops  uint64 `protobuf:"varint,11,opt,name=disk_read_iops,proto3" json:"disk_read_iops"`
	DiskWriteIops uint64 `protobuf:"varint,12,opt,name=disk_write_iops,proto3" json:"disk_write_iops"`
	PidsCurrent   uint64 `protobuf:"varint,13,opt,name=pids_current,proto3" json:"pids_current"`
	PidsLimit     uint64 `protobuf:"varint,14,opt,name=pids_limit,proto3" json:"pids_limit"`
	MilliCPULimit uint64 `protobuf:"varint,15,opt,name=milli_cpu_limit,proto3" json:"milli_cpu_limit"`
}

func (m *PublishRequest) Reset()         { *m = PublishRequest{} }
func (m *PublishRequest) String() string { return fmt.Sprintf("%+v", *m) }
func (*PublishRequest) ProtoMessage()    {}

// PublishResponse is empty.
type PublishResponse struct{}

func (m *PublishResponse) Reset()       { *m = PublishResponse{} }
func (*PublishResponse) String() string { return "{}" }
func (*PublishResponse) ProtoMessage()  {}
